"use strict";

// Receives the store's changes and statistics while the page is visible, and loads
// values when they are asked for. All text from the store is set as textContent.
(() => {
	const maxRows = 50;
	const announceEvery = 15000; // milliseconds; each change would be too many

	const status = document.getElementById("status");
	const announcement = document.getElementById("announcement");
	const pause = document.getElementById("pause");
	const rows = document.getElementById("rows");
	const quiet = document.getElementById("quiet");

	let stream = null;
	let paused = false;
	let ended = "closed" in document.body.dataset;
	let unannounced = 0;
	let announcedAt = 0;

	function say(state, text) {
		if (status.textContent !== text) {
			status.textContent = text;
		}
		status.dataset.state = state;
	}

	function start() {
		if (stream || paused || ended || document.hidden) {
			return;
		}
		if (rows.children.length > 0) {
			rows.prepend(noteRow("Changes made while this page was not live are not shown"));
		}
		stream = new EventSource(document.body.dataset.live);
		stream.addEventListener("open", () => say("live", "Live"));
		stream.addEventListener("update", (e) => update(JSON.parse(e.data)));
		stream.addEventListener("closed", () => end("The store is closed"));
		stream.addEventListener("error", () => {
			if (stream && stream.readyState === EventSource.CLOSED) {
				refused();
			} else {
				say("retry", "Connection lost, trying again");
			}
		});
	}

	function stop() {
		if (stream) {
			stream.close();
			stream = null;
		}
	}

	function end(text) {
		stop();
		ended = true;
		pause.hidden = true;
		say("off", text);
	}

	// An EventSource does not show why it was refused.
	function refused() {
		stop();
		say("retry", "Not live: the server refused, perhaps because too many pages are open");
		paused = true;
		pause.textContent = "Try again";
	}

	function update(u) {
		for (const f of u.figures) {
			const box = document.querySelector(`[data-figure="${CSS.escape(f.name)}"]`);
			if (box) {
				box.querySelector(".value").textContent = f.value;
				box.querySelector(".rate").textContent = f.rate || "";
			}
		}
		const changes = u.changes || [];
		for (const c of changes) {
			rows.prepend(changeRow(c));
		}
		if (u.more) {
			rows.prepend(noteRow("More changed than is shown here"));
		}
		while (rows.children.length > maxRows) {
			rows.lastElementChild.remove();
		}
		quiet.hidden = rows.children.length > 0;
		announce(changes.length);
	}

	function announce(n) {
		unannounced += n;
		const now = Date.now();
		if (unannounced > 0 && now - announcedAt >= announceEvery) {
			announcement.textContent = unannounced === 1 ? "1 change" : `${unannounced} changes`;
			unannounced = 0;
			announcedAt = now;
		}
	}

	function element(name, className, text) {
		const e = document.createElement(name);
		if (className) {
			e.className = className;
		}
		if (text !== undefined) {
			e.textContent = text;
		}
		return e;
	}

	function row(className) {
		const tr = element("tr", className);
		tr.setAttribute("role", "row");
		return tr;
	}

	function cell(tr, className, ...children) {
		const td = element("td", className);
		td.setAttribute("role", "cell");
		td.append(...children);
		tr.append(td);
		return td;
	}

	function changeRow(c) {
		const tr = row("fresh");
		cell(tr, "", element("time", "", c.at));
		const kind = element("span", "kind", c.kind);
		kind.dataset.kind = c.kind;
		cell(tr, "", kind);
		const key = cell(tr, "key");
		if (!c.key) {
			key.append(element("span", "note", "More has changed than the store remembers"));
			return tr;
		}
		key.append(element("code", "", c.key.text));
		for (const [className, text] of [["note", c.key.note], ["type", c.key.type], ["note", c.ttl && `for ${c.ttl}`]]) {
			if (text) {
				key.append(" ", element("span", className, text));
			}
		}
		return tr;
	}

	function noteRow(text) {
		const tr = row("");
		cell(tr, "note", text).colSpan = 3;
		return tr;
	}

	// Without this script, the link leads to the value.
	function valueButton(link) {
		const button = element("button", "show", "Show");
		button.type = "button";
		button.setAttribute("aria-label", link.getAttribute("aria-label"));
		button.setAttribute("aria-expanded", "false");
		let shown = null;
		button.addEventListener("click", async () => {
			if (shown) {
				shown.remove();
				shown = null;
			} else {
				const tr = button.closest("tr");
				const text = element("pre", "", "Loading …");
				text.tabIndex = 0;
				shown = row("value-text");
				cell(shown, "", text).colSpan = tr.children.length;
				tr.after(shown);
				text.textContent = await load(link.href);
			}
			button.textContent = shown ? "Hide" : "Show";
			button.setAttribute("aria-expanded", String(Boolean(shown)));
		});
		link.replaceWith(button);
	}

	async function load(url) {
		try {
			const response = await fetch(url);
			return await response.text();
		} catch {
			return "The server cannot be reached.";
		}
	}

	document.querySelectorAll("a.show").forEach(valueButton);
	pause.hidden = ended;
	pause.addEventListener("click", () => {
		paused = !paused;
		pause.textContent = paused ? "Resume" : "Pause";
		if (paused) {
			stop();
			say("off", "Paused");
		} else {
			start();
		}
	});
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) {
			stop();
		} else {
			start();
		}
	});
	start();
})();
