package main

// An s3fifo is S3-FIFO (Yang et al., SOSP 2023): a small queue, a main queue, and the
// keys that were evicted from the small one. It counts up to three reads, and moves
// entries from queue to queue, for which a modification order has no room. A write of a
// present key counts as a read.
type s3fifo struct {
	small, main order
	nodes       map[uint32]*node
	ghosts      *ghosts
	capacity    int
}

func newS3FIFO(capacity int) *s3fifo {
	return &s3fifo{nodes: map[uint32]*node{}, ghosts: newGhosts(capacity - capacity/10), capacity: capacity}
}

func (f *s3fifo) get(key uint32) bool {
	x := f.nodes[key]
	if x != nil {
		x.reads = min(x.reads+1, 3)
	}
	return x != nil
}

func (f *s3fifo) set(key uint32) {
	if f.get(key) {
		return
	}
	for f.small.n+f.main.n >= f.capacity {
		if f.small.n >= max(1, f.capacity/10) {
			f.evictSmall()
		} else {
			f.evictMain()
		}
	}
	x := &node{key: key}
	f.nodes[key] = x
	if f.ghosts.has(key) {
		f.main.pushLast(x)
	} else {
		f.small.pushLast(x)
	}
}

// evictSmall moves what was read twice to the main queue and evicts the first that was
// not, if there is one.
func (f *s3fifo) evictSmall() {
	for f.small.n > 0 {
		x := f.small.head
		f.small.remove(x)
		if x.reads <= 1 {
			delete(f.nodes, x.key)
			f.ghosts.add(x.key)
			return
		}
		x.reads = 0
		f.main.pushLast(x)
	}
}

func (f *s3fifo) evictMain() {
	for {
		x := f.main.head
		f.main.remove(x)
		if x.reads == 0 {
			delete(f.nodes, x.key)
			return
		}
		x.reads--
		f.main.pushLast(x)
	}
}
