package lastmodstore_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// namesIn returns the names of the files in a directory.
func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

// storeOf returns a store that holds []int{n} under "a".
func storeOf(t *testing.T, n int) *mutexstore.Store[string, []int] {
	s := mutexstore.New[string, []int](0)
	t.Cleanup(func() { s.Close() })
	s.Set("a", []int{n}, 0)
	return s
}

// expectSaved expects the snapshot at path to have the contents of s.
func expectSaved(t *testing.T, path string, s anyStore) {
	t.Helper()
	g := NewWithT(t)
	loaded := mutexstore.New[string, []int](0)
	defer loaded.Close()
	g.Expect(lastmodstore.LoadFile(path, loaded, lastmodstore.Gob)).To(Equal(s.Len()))
	g.Expect(maps.Equal(contents(s), contents(loaded))).To(BeTrue())
}

// 28: SaveFile keeps the old file if Save fails in any way.
func TestSaveFileReplacesTheWholeFileOrNothing(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "store.snapshot")
	s := storeOf(t, 1)
	g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())

	closed := mutexstore.New[string, []int](0)
	closed.Close()
	g.Expect(lastmodstore.SaveFile(path, closed, lastmodstore.Gob)).To(MatchError(lastmodstore.ErrClosed))

	failing := lastmodstore.Gob
	failing.Marshal = func(any) ([]byte, error) { return nil, errors.New("full") }
	g.Expect(lastmodstore.SaveFile(path, s, failing)).To(MatchError(ContainSubstring(`not saved: entry "a": full`)))
	failing.Name = ""
	g.Expect(lastmodstore.SaveFile(path, s, failing)).NotTo(Succeed())

	failing = lastmodstore.Gob
	failing.Marshal = func(any) ([]byte, error) { panic("full") }
	g.Expect(func() { lastmodstore.SaveFile(path, s, failing) }).To(PanicWith("full"))
	failing.Marshal = func(any) ([]byte, error) { runtime.Goexit(); return nil, nil }
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		lastmodstore.SaveFile(path, s, failing)
	}()
	<-exited

	g.Expect(namesIn(t, dir)).To(Equal([]string{"store.snapshot"}), "nothing is left behind")
	expectSaved(t, path, s)
	two := storeOf(t, 2)
	g.Expect(lastmodstore.SaveFile(path, two, lastmodstore.Gob)).To(Succeed())
	expectSaved(t, path, two)
}

func TestSaveFileOfAStoreThatIsClosedMeanwhileKeepsTheOldFile(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "store.snapshot")
	s := storeOf(t, 1)
	g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())
	closing := lastmodstore.Gob
	other := storeOf(t, 2)
	closing.Marshal = func(v any) ([]byte, error) {
		other.Close()
		return lastmodstore.Gob.Marshal(v)
	}
	g.Expect(lastmodstore.SaveFile(path, other, closing)).To(MatchError(lastmodstore.ErrClosed))
	expectSaved(t, path, s)
}

func TestSaveFileAcceptsEveryNameThatTheFileSystemAccepts(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	s := storeOf(t, 1)
	for _, n := range []int{1, 200, 245, 255} {
		path := filepath.Join(dir, strings.Repeat("n", n))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Log(err) // the file system does not accept it
			continue
		}
		g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())
		expectSaved(t, path, s)
	}
}

func TestSaveFileAcceptsARelativePath(t *testing.T) {
	g := NewWithT(t)
	t.Chdir(t.TempDir())
	s := storeOf(t, 1)
	g.Expect(os.Mkdir("sub", 0o700)).To(Succeed())
	for _, path := range []string{"file", "./other", filepath.Join("sub", "file"), filepath.Join("sub", "..", "third")} {
		g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())
		expectSaved(t, path, s)
	}
	g.Expect(namesIn(t, ".")).To(ConsistOf("file", "other", "sub", "third"))
}

func TestSaveFileRefusesPathsItCannotReplace(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	s := storeOf(t, 1)
	g.Expect(lastmodstore.SaveFile(dir, s, lastmodstore.Gob)).To(MatchError(ContainSubstring("not a regular file")))
	g.Expect(lastmodstore.SaveFile(dir+string(filepath.Separator), s, lastmodstore.Gob)).NotTo(Succeed())
	g.Expect(lastmodstore.SaveFile("", s, lastmodstore.Gob)).To(MatchError(os.ErrNotExist))
	g.Expect(lastmodstore.SaveFile(filepath.Join(dir, "none", "x"), s, lastmodstore.Gob)).To(MatchError(os.ErrNotExist))
	g.Expect(namesIn(t, dir)).To(BeEmpty())
}

func TestLoadFileReturnsTheErrorOfTheFileSystem(t *testing.T) {
	g := NewWithT(t)
	s := storeOf(t, 1)
	dir := t.TempDir()
	_, err := lastmodstore.LoadFile(filepath.Join(dir, "none"), s, lastmodstore.Gob)
	g.Expect(err).To(MatchError(os.ErrNotExist))
	_, err = lastmodstore.LoadFile(dir, s, lastmodstore.Gob)
	g.Expect(err).To(HaveOccurred())
	g.Expect(err).NotTo(MatchError(lastmodstore.ErrCorrupt), "a directory is not a corrupt snapshot")
}
