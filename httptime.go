package lastmodstore

import "time"

// EndOfSecond returns the last nanosecond of the second that contains t. For the
// zero time it returns the zero time. Use it for a time that has lost its
// nanoseconds, such as the If-Modified-Since or If-Unmodified-Since header of an
// HTTP request:
//
//	t, err := http.ParseTime(r.Header.Get("If-Unmodified-Since"))
//	e, ok, err := s.SetIfUnmodifiedSince(key, value, ttl, lastmodstore.EndOfSecond(t))
//
// An entry modified at 10:00:00.5 is sent with Last-Modified 10:00:00, and the
// client sends that time back. Compared with it directly, the entry looks newer:
// [GetIfModifiedSince] would report a change, and SetIfUnmodifiedSince would fail.
// With EndOfSecond, [GetIfModifiedSince], [Writer].SetIfUnmodifiedSince and
// [Writer].DeleteIfUnmodifiedSince compare in whole seconds, as HTTP does.
//
// This weakens the condition: two modifications within one second look like one.
// An ETag made from LastModified.UnixNano() is exact. Do not use EndOfSecond for a
// position passed to ModifiedSince or Watch: the rest of that second would be
// skipped.
func EndOfSecond(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Round(0).Add(time.Second - 1 - time.Duration(t.Nanosecond()))
}
