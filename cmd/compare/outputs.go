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

// outputs are the files that a result is written to; a path may be empty.
type outputs struct {
	json, bench, html string
	files             []output
}

// An output is written to a temporary file in the same directory, which is renamed
// when complete.
type output struct {
	path  string
	part  *os.File
	write func(io.Writer, *result.Result) error
}

// reserve creates the temporary files, so that one that cannot be written fails
// before minutes have been spent on measuring.
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

// write writes r to standard output and to all files.
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

// discard removes the temporary files of outputs that were not finished.
func (o *outputs) discard() {
	for _, f := range o.files {
		f.part.Close()
		os.Remove(f.part.Name())
	}
}
