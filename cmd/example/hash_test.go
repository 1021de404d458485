package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// A changing file is changed when it is first read, after it was opened.
type changing struct {
	fs.File
	change func()
}

func (f *changing) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if f.change != nil {
		f.change()
		f.change = nil
	}
	return n, err
}

func replace(path, content string, at time.Time) {
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		panic(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		panic(err)
	}
}

func TestFileThatChangesWhileItIsHashedIsHashedAgain(t *testing.T) {
	hour := time.Now().Add(-time.Hour).Truncate(time.Second)
	for name, c := range map[string]struct {
		content string
		at      time.Time
	}{
		"same size":  {"new", hour.Add(time.Second)},
		"older time": {"new", hour.Add(-time.Second)},
		"grown":      {"newer", hour},
		"shrunk":     {"n", hour},
		"emptied":    {"", hour},
		"in content": {"new", time.Now()},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			path := filepath.Join(t.TempDir(), "f")
			replace(path, "old", hour)
			opened := 0
			e, err := hashStable(t.Context(), func() (fs.File, error) {
				f, err := openFile(path)
				if opened++; opened > 1 {
					return f, err
				}
				return &changing{f, func() { replace(path, c.content, c.at) }}, err
			})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(opened).To(Equal(2))
			sum := sha256.Sum256([]byte(c.content))
			g.Expect(e.Value).To(Equal(file{int64(len(c.content)), hex.EncodeToString(sum[:])}))
			g.Expect(e.LastModified).To(BeTemporally("==", c.at))
		})
	}
}

func TestFileThatKeepsChangingIsAnError(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "log")
	content := "line\n"
	replace(path, content, time.Now())
	opened := 0
	_, err := hashStable(t.Context(), func() (fs.File, error) {
		opened++
		f, err := openFile(path)
		return &changing{f, func() {
			content += "line\n"
			replace(path, content, time.Now())
		}}, err
	})
	g.Expect(err).To(MatchError(errChanged))
	g.Expect(opened).To(Equal(hashAttempts))
}

func TestFileThatIsReplacedWhileItIsHashedKeepsItsOwnTime(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	hour := time.Now().Add(-time.Hour).Truncate(time.Second)
	replace(path, "old", hour)
	e, err := hashStable(t.Context(), func() (fs.File, error) {
		f, err := openFile(path)
		return &changing{f, func() {
			replace(filepath.Join(dir, "g"), "new", time.Now())
			os.Rename(filepath.Join(dir, "g"), path)
		}}, err
	})
	g.Expect(err).NotTo(HaveOccurred())
	sum := sha256.Sum256([]byte("old"))
	g.Expect(e.Value.SHA256).To(Equal(hex.EncodeToString(sum[:])))
	g.Expect(e.LastModified).To(BeTemporally("==", hour))
}

func TestHashingEndsWithItsContext(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := hashStable(ctx, func() (fs.File, error) {
		f, err := openFile(filepath.Join(endless(t), "sparse"))
		return &changing{f, cancel}, err
	})
	g.Expect(err).To(HaveOccurred())
}

func TestFileModifiedWithinTheTickIsReadAfterIt(t *testing.T) {
	for name, c := range map[string]struct{ age, want time.Duration }{
		"just now":   {0, fileTick},
		"in between": {fileTick - 1, 1},
		"long ago":   {fileTick, 0},
		"in future":  {-time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				waitTick(t.Context(), began.Add(-c.age))
				NewWithT(t).Expect(time.Since(began)).To(Equal(c.want))
			})
		})
	}
}
