package main

// A sieve evicts from the modification order of its entries, as the engines do. A read
// changes nothing but the mark of its node; a write moves its node to the end.
//
// Without a window it is the policy of the engines. The window is the newest part of
// the order: a node that would leave it unread is evicted at once, and the hand evicts
// from the others. With ghosts, a key that was evicted of late counts as read when it
// returns.
type sieve struct {
	order
	nodes    map[uint32]*node
	capacity int
	window   int     // nodes in the window; 0: there is none
	ghosts   *ghosts // nil: there are none
	sketch   *sketch // decides between the start of the window and the hand; may be nil
	rewrites bool    // writing a present key counts as a read

	hand    *node // before the window; nil: at the head
	young   *node // the first of the window
	inYoung int
}

func newSieve(capacity int) *sieve {
	return &sieve{nodes: map[uint32]*node{}, capacity: capacity}
}

func (s *sieve) get(key uint32) bool {
	x := s.nodes[key]
	if x != nil {
		x.reads = 1
	}
	return x != nil
}

func (s *sieve) set(key uint32) {
	x := s.nodes[key]
	if x != nil {
		s.unlink(x)
		if s.rewrites {
			x.reads = 1
		}
	} else {
		x = s.insert(key)
	}
	s.pushLast(x)
	if s.window > 0 {
		if s.inYoung++; s.young == nil {
			s.young = x
		}
	}
}

func (s *sieve) insert(key uint32) *node {
	s.count(key)
	if s.n >= s.capacity {
		s.evict()
	}
	x := &node{key: key}
	if s.ghosts != nil && s.ghosts.has(key) {
		x.reads = 1
	}
	s.nodes[key] = x
	return x
}

// count counts what a writer sees of a key: that it is stored, or was read.
func (s *sieve) count(key uint32) {
	if s.sketch != nil {
		s.sketch.add(key)
	}
}

func (s *sieve) isYoung(x *node) bool { return s.young != nil && x.at >= s.young.at }

func (s *sieve) unlink(x *node) {
	if s.hand == x {
		if s.hand = x.next; s.hand != nil && s.isYoung(s.hand) {
			s.hand = nil
		}
	}
	if s.isYoung(x) {
		s.shorten(x)
	}
	s.remove(x)
}

// shorten takes x out of the window.
func (s *sieve) shorten(x *node) {
	s.inYoung--
	if s.young == x {
		s.young = x.next
	}
}

func (s *sieve) evict() {
	x, byHand := s.victim()
	if byHand {
		s.hand = x // unlink advances it
	}
	s.unlink(x)
	delete(s.nodes, x.key)
	if s.ghosts != nil && (s.window == 0 || !byHand) {
		s.ghosts.add(x.key)
	}
}

// victim returns the node to evict and whether the hand chose it.
func (s *sieve) victim() (x *node, byHand bool) {
	for s.inYoung > s.window || s.inYoung > 0 && s.inYoung == s.n {
		x := s.young
		if x.reads == 0 && !s.isFrequent(x) {
			return x, false
		}
		s.count(x.key)
		x.reads = 0
		s.shorten(x)
	}
	return s.unread(), true
}

// isFrequent reports whether x was used more often than what the hand would evict.
func (s *sieve) isFrequent(x *node) bool {
	if s.sketch == nil || s.inYoung == s.n {
		return false
	}
	s.hand = s.unread()
	return s.sketch.estimate(x.key) > s.sketch.estimate(s.hand.key)
}

// unread returns the first node from the hand on that was not read.
func (s *sieve) unread() *node {
	for x := s.hand; ; x = x.next {
		if x == nil || s.isYoung(x) {
			x = s.head
		}
		if x.reads == 0 {
			return x
		}
		x.reads = 0
		s.count(x.key)
	}
}
