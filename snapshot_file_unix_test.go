//go:build unix

package lastmodstore_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func modeOf(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func TestSaveFileKeepsTheMode(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	s := storeOf(t, 1)
	path := filepath.Join(dir, "snapshot")
	for _, mode := range []os.FileMode{0o644, 0o600, 0o666, 0o640, 0o444, 0o400} {
		g.Expect(os.WriteFile(path, []byte("old"), 0o600)).To(Succeed())
		g.Expect(os.Chmod(path, mode)).To(Succeed())
		g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())
		g.Expect(modeOf(t, path)).To(Equal(mode))
		expectSaved(t, path, s)
		g.Expect(os.Remove(path)).To(Succeed())
	}
	f, err := os.Create(filepath.Join(dir, "created"))
	g.Expect(err).NotTo(HaveOccurred())
	f.Close()
	g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())
	g.Expect(modeOf(t, path)).To(Equal(modeOf(t, f.Name())), "the mode that os.Create sets")
}

// While it is being written, the new file is not readable by more users than the old one.
func TestSaveFileKeepsTheModeWhileItWrites(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	s := storeOf(t, 1)
	path := filepath.Join(dir, "snapshot")
	g.Expect(os.WriteFile(path, nil, 0o600)).To(Succeed())
	watching := lastmodstore.Gob
	watching.Marshal = func(v any) ([]byte, error) {
		for _, name := range namesIn(t, dir) {
			g.Expect(modeOf(t, filepath.Join(dir, name))).To(Equal(os.FileMode(0o600)), name)
		}
		return lastmodstore.Gob.Marshal(v)
	}
	g.Expect(lastmodstore.SaveFile(path, s, watching)).To(Succeed())
}

func TestSaveFileWritesThroughSymbolicLinks(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	s := storeOf(t, 1)
	for _, sub := range []string{"data", "data/deep", "links"} {
		g.Expect(os.Mkdir(filepath.Join(dir, sub), 0o700)).To(Succeed())
	}
	target := filepath.Join(dir, "data", "snapshot")
	path := func(name string) string { return filepath.Join(dir, "links", name) }
	// deep is a link to a directory, so deep/.. is data.
	g.Expect(os.Symlink("../data/deep", path("deep"))).To(Succeed())
	for name, to := range map[string]string{"absolute": target, "relative": "../data/snapshot", "chain": "relative", "up": "deep/../snapshot"} {
		g.Expect(os.Symlink(to, path(name))).To(Succeed())
	}
	g.Expect(lastmodstore.SaveFile(path("chain"), s, lastmodstore.Gob)).To(Succeed(), "the target does not exist yet")
	g.Expect(os.Chmod(target, 0o640)).To(Succeed())
	for i, name := range []string{"absolute", "relative", "chain", "up"} {
		s := storeOf(t, i)
		g.Expect(lastmodstore.SaveFile(path(name), s, lastmodstore.Gob)).To(Succeed(), name)
		g.Expect(modeOf(t, path(name)).Type()).To(Equal(os.ModeSymlink), name)
		g.Expect(modeOf(t, target)).To(Equal(os.FileMode(0o640)), name)
		expectSaved(t, target, s)
	}
	g.Expect(lastmodstore.SaveFile(path("deep")+"/../beyond", s, lastmodstore.Gob)).To(Succeed())
	expectSaved(t, filepath.Join(dir, "data", "beyond"), s)
	g.Expect(namesIn(t, filepath.Join(dir, "data"))).To(ConsistOf("snapshot", "deep", "beyond"))
	g.Expect(namesIn(t, filepath.Join(dir, "links"))).To(HaveLen(5))

	g.Expect(os.Symlink("loop", path("loop"))).To(Succeed())
	g.Expect(lastmodstore.SaveFile(path("loop"), s, lastmodstore.Gob)).To(MatchError(syscall.ELOOP))
}

func TestSaveFileLeavesPipesAndDevicesAlone(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	s := storeOf(t, 1)
	pipe := filepath.Join(dir, "pipe")
	g.Expect(syscall.Mkfifo(pipe, 0o600)).To(Succeed())
	g.Expect(os.Symlink(os.DevNull, filepath.Join(dir, "null"))).To(Succeed())
	for _, path := range []string{pipe, os.DevNull, filepath.Join(dir, "null")} {
		g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(MatchError(ContainSubstring("not a regular file")))
	}
	g.Expect(modeOf(t, pipe).Type()).To(Equal(os.ModeNamedPipe))
	g.Expect(namesIn(t, dir)).To(ConsistOf("pipe", "null"))
}

func TestSaveFileReturnsTheErrorOfTheFileSystem(t *testing.T) {
	g := NewWithT(t)
	if os.Geteuid() == 0 {
		t.Skip("root ignores permissions")
	}
	dir := t.TempDir()
	s := storeOf(t, 1)
	path := filepath.Join(dir, "snapshot")
	g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())
	g.Expect(os.Chmod(dir, 0o500)).To(Succeed())
	defer os.Chmod(dir, 0o700)
	g.Expect(lastmodstore.SaveFile(path, storeOf(t, 2), lastmodstore.Gob)).To(MatchError(os.ErrPermission))
	expectSaved(t, path, s)
	g.Expect(os.Chmod(dir, 0o300)).To(Succeed(), "the directory can be written but not read, and so not synced")
	g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())
}
