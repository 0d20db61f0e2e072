/** What is said, and done, while the server is out of reach. */

/** What a drawing says of a server that does not answer; `why` is the status of one that does, and refuses. */
export function troubleOf(why: number | null): string {
  return why === 401 || why === 403 ? LOGIN : OFFLINE;
}

const OFFLINE = 'The server does not answer. This catches up by itself when it does.';
const LOGIN = 'The server asks for a login: load this page again.';

/** A page hidden for so many milliseconds may have slept, and its connections be dead without knowing. */
const ASLEEP = 60_000;

/**
 * Calls `gone` when the browser loses its network, and `back` when it has one again or the page
 * is looked at after a while. Returns what ends that.
 */
export function followNetwork(gone: () => void, back: () => void): () => void {
  let hidden = Date.now();
  const seen = (): void => {
    if (document.hidden) {
      hidden = Date.now();
    } else if (Date.now() - hidden > ASLEEP) {
      back();
    }
  };
  window.addEventListener('offline', gone);
  window.addEventListener('online', back);
  document.addEventListener('visibilitychange', seen);
  return () => {
    window.removeEventListener('offline', gone);
    window.removeEventListener('online', back);
    document.removeEventListener('visibilitychange', seen);
  };
}
