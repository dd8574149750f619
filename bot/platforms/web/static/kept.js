// What is typed, kept in this browser until the server has it. All pages of an editor share the store, so a page writes and removes its own entries alone.

const page = Math.random().toString(36).slice(2); // names this page; crypto.randomUUID needs https

/** The id under which this page keeps what is typed in a field. */
export function idOf(name) {
  return `${name}|${page}`;
}

/** What is kept under a key: id → [digest of the stored value that it was made from, texts, title, field's name]. A broken value is none. */
export function kept(key) {
  let text = null;
  try {
    text = localStorage.getItem(key);
    return Object.fromEntries(Object.entries(JSON.parse(text) ?? {}).filter(([, each]) => Array.isArray(each?.[1])));
  } catch { // not JSON: a comment, as 0.8.0 kept it; or the browser allows no store
    return text ? { "": ["", [text]] } : {};
  }
}

/** Changes some entries of a key; null removes one. What other pages keep there stays. */
export function keep(key, changes) {
  const entries = Object.entries({ ...kept(key), ...changes }).filter(([, each]) => each);
  try {
    if (entries.length) localStorage.setItem(key, JSON.stringify(Object.fromEntries(entries)));
    else localStorage.removeItem(key);
  } catch { /* the browser's store is full: the page alone keeps it */ }
}
