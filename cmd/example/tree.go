package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// read merges the tree below dir into s. A file that cannot be read is reported
// on stderr and passed over.
func read(s lastmodstore.Store[string, file], dir string, stderr io.Writer) error {
	all, err := list(dir, stderr)
	if err != nil {
		return err
	}
	// Merge finds the place of a stream in order at once.
	slices.SortFunc(all, func(a, b found) int { return a.modified.Compare(b.modified) })
	for _, f := range all {
		value, err := load(filepath.Join(dir, filepath.FromSlash(f.path)))
		if err == nil {
			_, err = s.Merge(f.path, lastmodstore.Entry[file]{Value: value, LastModified: f.modified})
		}
		if err != nil {
			fmt.Fprintf(stderr, "example: passed over %s: %v\n", f.path, err)
		}
	}
	return nil
}

func list(dir string, stderr io.Writer) ([]found, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	var all []found
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		var info fs.FileInfo
		if err == nil {
			info, err = d.Info()
		}
		if err != nil {
			fmt.Fprintf(stderr, "example: passed over %s: %v\n", path, err)
			return nil
		}
		if info.Mode().IsRegular() {
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			all = append(all, found{filepath.ToSlash(rel), info.ModTime()})
		}
		return nil
	})
	return all, err
}

func load(path string) (file, error) {
	f, err := os.Open(path)
	if err != nil {
		return file{}, err
	}
	defer f.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, f)
	return file{n, hex.EncodeToString(hash.Sum(nil))}, err
}
