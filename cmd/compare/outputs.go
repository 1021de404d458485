package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lastmodstore/lastmodstore/cmd/compare/report"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// outputs are the files that a result is written to.
type outputs struct {
	json, bench, html string
	files             []output
}

// An output is written to a temporary file next to its place, and renamed when complete.
type output struct {
	path  string
	part  *os.File
	write func(io.Writer, *result.Result) error
}

// reserve finds out, before minutes are spent, whether the files can be written.
func (o *outputs) reserve() error {
	for _, f := range []output{
		{o.json, nil, func(w io.Writer, r *result.Result) error { return r.Write(w) }},
		{o.bench, nil, result.WriteBench},
		{o.html, nil, report.Write},
	} {
		if f.path == "" {
			continue
		}
		if info, err := os.Stat(f.path); err == nil && info.IsDir() {
			return fmt.Errorf("cannot write %s: it is a directory", f.path)
		}
		part, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+"-*")
		if err != nil {
			return fmt.Errorf("cannot write %s: %w", f.path, errors.Unwrap(err))
		}
		f.part = part
		o.files = append(o.files, f)
	}
	return nil
}

// write writes r everywhere it was asked for.
func (o *outputs) write(stdout io.Writer, r *result.Result) error {
	if err := result.WriteText(stdout, r); err != nil {
		return err
	}
	for _, f := range o.files {
		if err := f.write(f.part, r); err != nil {
			return fmt.Errorf("cannot write %s: %w", f.path, err)
		}
		if err := errors.Join(f.part.Chmod(0o644), f.part.Close(), os.Rename(f.part.Name(), f.path)); err != nil {
			return err
		}
	}
	return nil
}

// discard removes what was not finished.
func (o *outputs) discard() {
	for _, f := range o.files {
		f.part.Close()
		os.Remove(f.part.Name())
	}
}
