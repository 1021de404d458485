package main

// A node is an entry of a simulated cache.
type node struct {
	key        uint32
	at         int   // position in the order: later nodes have higher ones
	reads      uint8 // counted as far as the policy needs, and taken back by its hand
	prev, next *node
}

// An order is a list of nodes, from the least to the most recently modified one.
type order struct {
	head, tail *node
	n, last    int
}

func (o *order) pushLast(x *node) {
	o.last++
	x.at, x.prev, x.next = o.last, o.tail, nil
	if o.tail == nil {
		o.head = x
	} else {
		o.tail.next = x
	}
	o.tail = x
	o.n++
}

func (o *order) remove(x *node) {
	if x.prev == nil {
		o.head = x.next
	} else {
		x.prev.next = x.next
	}
	if x.next == nil {
		o.tail = x.prev
	} else {
		x.next.prev = x.prev
	}
	o.n--
}
