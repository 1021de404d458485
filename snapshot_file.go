package lastmodstore

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// SaveFile saves s to the file at path. It writes a new file in the same directory,
// syncs it and renames it to path: whatever happens, path holds the whole old
// snapshot or the whole new one. A program that is killed leaves at most a file named
// .lastmodstore-*.tmp behind. The errors are those of [Save] and of the file system.
//
// The new file has the mode of the old one. If there is no old file, it has the mode
// of a file created by [os.Create]. It is owned by the user that runs the program. If
// path is a symbolic link, the link stays and the file it refers to is replaced.
// Other hard links to the old file keep the old content. SaveFile does not write to
// anything but a regular file: to save to a pipe, for example, open it and use Save.
func SaveFile[K comparable, V any](path string, s Reader[K, V], codec Codec) error {
	target, err := resolveTarget(path)
	if err != nil {
		return fmt.Errorf("lastmodstore: snapshot not saved: %w", err)
	}
	err = replaceFile(target, func(f *os.File) error { return save(f, s, codec) })
	if err != nil {
		return fmt.Errorf("lastmodstore: snapshot not saved: %w", err)
	}
	return nil
}

// LoadFile loads the snapshot in the file at path into s, as [Load] does.
func LoadFile[K comparable, V any](path string, s Writer[K, V], codec Codec) (stored int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("lastmodstore: snapshot not loaded: %w", err)
	}
	defer f.Close()
	return Load(f, s, codec)
}

// A saveTarget is the file that SaveFile replaces.
type saveTarget struct {
	path string
	dir  string      // directory of path, not cleaned: link/.. is not the parent of link
	old  fs.FileInfo // nil if the file does not exist
}

// resolveTarget follows the symbolic links in path. If the file does not exist, the
// result is where os.Create would create it.
func resolveTarget(path string) (t saveTarget, err error) {
	switch t.old, err = os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		t.old = nil
	case err != nil:
		return t, err
	case !t.old.Mode().IsRegular():
		return t, fmt.Errorf("%s is not a regular file (mode %v): open it and use Save", path, t.old.Mode())
	}
	for range 255 {
		t.path = path
		t.dir, _ = filepath.Split(path)
		link, err := os.Readlink(path)
		if err != nil { // not a link, or it does not exist
			return t, nil
		}
		if path = link; !filepath.IsAbs(link) {
			path = t.dir + link
		}
	}
	return t, fmt.Errorf("%s: too many symbolic links", path)
}

// replaceFile replaces the target with what write writes, or leaves it unchanged.
func replaceFile(t saveTarget, write func(*os.File) error) error {
	f, err := t.create()
	if err != nil {
		return err
	}
	renamed := false
	defer func() { // also if write panics
		if !renamed {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), t.path); err != nil {
		return err
	}
	renamed = true
	return t.syncDir()
}

// create creates the new file. The length of its name does not depend on that of the
// target, and its mode grants no access that the old file denied.
func (t saveTarget) create() (*os.File, error) {
	mode := fs.FileMode(0o666)
	if t.old != nil {
		mode = 0o600
	}
	for try := 0; ; try++ {
		name := t.dir + ".lastmodstore-" + strconv.FormatUint(rand.Uint64(), 36) + ".tmp"
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) && try < 100 {
			continue
		}
		if err != nil || t.old == nil {
			return f, err
		}
		if err := f.Chmod(t.old.Mode()); err != nil {
			f.Close()
			os.Remove(name)
			return nil, err
		}
		return f, nil
	}
}

// syncDir makes the rename durable, where directories can be synced.
func (t saveTarget) syncDir() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(t.dir + ".")
	if err != nil {
		return nil // a directory that can be searched and written, but not read
	}
	defer dir.Close()
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the file was replaced, but syncing its directory failed: %w", err)
	}
	return nil
}
