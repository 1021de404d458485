package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// file is what the store keeps of a file.
type file struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

type found struct {
	path     string // relative to the directory, with slashes
	modified time.Time
}

// A tree is the directory that is read.
type tree struct {
	root   string // without symbolic links
	stderr io.Writer
	files  []found
	others int // neither files nor directories
}

// read merges the tree below dir into s. It reports a file that cannot be read on
// stderr and passes over it.
func read(ctx context.Context, s lastmodstore.Store[string, file], dir string, stderr io.Writer) error {
	t := tree{stderr: stderr}
	if err := t.list(ctx, dir); err != nil {
		return err
	}
	if t.others > 0 {
		fmt.Fprintf(stderr, "example: passed over %d symbolic links and special files\n", t.others)
	}
	// Merging a stream in order of LastModified is fast.
	slices.SortFunc(t.files, func(a, b found) int { return a.modified.Compare(b.modified) })
	for i, f := range t.files {
		err := t.merge(ctx, s, f.path)
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %d of %d files read", errInterrupted, i, len(t.files))
		}
		if err != nil {
			t.passedOver(f.path, err)
		}
	}
	return nil
}

func (t *tree) merge(ctx context.Context, s lastmodstore.Writer[string, file], path string) error {
	full := filepath.Join(t.root, filepath.FromSlash(path))
	e, err := hashStable(ctx, func() (fs.File, error) { return openFile(full) })
	if err != nil {
		return err
	}
	_, err = s.Merge(path, e)
	if errors.Is(err, lastmodstore.ErrClockSkew) {
		return fmt.Errorf("modified at %s, more than a minute in the future", e.LastModified.Format(time.DateTime))
	}
	return err
}

func (t *tree) list(ctx context.Context, dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("not a directory")
	}
	if err == nil {
		t.root, err = filepath.EvalSymlinks(dir) // WalkDir does not follow a root that is a link
	}
	if err == nil {
		err = filepath.WalkDir(t.root, func(path string, d fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return errInterrupted
			}
			return t.visit(path, d, err)
		})
	}
	if err != nil && err != errInterrupted {
		return fmt.Errorf("-dir %s: %w", printable(dir), reason(err))
	}
	return err
}

// visit notes the file at path. Only an error of the root ends the walk.
func (t *tree) visit(path string, d fs.DirEntry, err error) error {
	if path == t.root {
		return err
	}
	if err == nil && d.IsDir() {
		if d.Name() == ".git" {
			return fs.SkipDir
		}
		return nil
	}
	rel, _ := filepath.Rel(t.root, path) // both come from the walk
	rel = filepath.ToSlash(rel)
	var info fs.FileInfo
	if err == nil {
		info, err = d.Info()
	}
	switch {
	case err != nil:
		t.passedOver(rel, err)
	case info.Mode().IsRegular():
		t.files = append(t.files, found{rel, info.ModTime()})
	default:
		t.others++
	}
	return nil
}

func (t *tree) passedOver(path string, err error) {
	fmt.Fprintf(t.stderr, "example: passed over %s: %v\n", printable(path), reason(err))
}

// reason returns err without the path that an [fs.PathError] repeats.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// printable returns name, quoted if printing it could break a line or change the
// terminal.
func printable(name string) string {
	if q := strconv.Quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}
