package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

const (
	hashAttempts = 3
	// fileTick is at least how far apart file systems' times are: two changes
	// within one tick have the same time.
	fileTick = 20 * time.Millisecond
)

var (
	errChanged    = errors.New("it keeps changing while it is read")
	errNotRegular = errors.New("not a regular file")
)

// openFile does not wait for a writer if path has become a pipe meanwhile.
func openFile(path string) (fs.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// hashStable returns the entry of a file that did not change while it was hashed,
// so that the hash belongs to LastModified. It tries a few times.
func hashStable(ctx context.Context, open func() (fs.File, error)) (e lastmodstore.Entry[file], err error) {
	for range hashAttempts {
		e, err = hash(ctx, open)
		if err != errChanged {
			break
		}
	}
	return e, err
}

func hash(ctx context.Context, open func() (fs.File, error)) (e lastmodstore.Entry[file], err error) {
	f, err := open()
	if err != nil {
		return e, err
	}
	defer f.Close()
	defer context.AfterFunc(ctx, func() { f.Close() })() // ends the reading below
	before, err := f.Stat()
	if err != nil {
		return e, err
	}
	if !before.Mode().IsRegular() {
		return e, errNotRegular
	}
	waitTick(ctx, before.ModTime())
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(f, before.Size()+1)) // a growing file has an end, too
	if err != nil {
		return e, err
	}
	after, err := f.Stat()
	if err != nil {
		return e, err
	}
	if n != before.Size() || after.Size() != n || !after.ModTime().Equal(before.ModTime()) {
		return e, errChanged
	}
	e.Value = file{n, hex.EncodeToString(sum.Sum(nil))}
	e.LastModified = after.ModTime()
	return e, nil
}

// waitTick waits until a further change of a file modified at t would have
// another time.
func waitTick(ctx context.Context, t time.Time) {
	age := time.Since(t)
	if age < 0 || age >= fileTick {
		return
	}
	select {
	case <-time.After(fileTick - age):
	case <-ctx.Done():
	}
}
