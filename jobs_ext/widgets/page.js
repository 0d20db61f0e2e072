// The server of the page that a widget is on, with the reader's own login; put in front of the widgets' files.
// `Refusal` is the error that says why something was refused.

function ofPage(Refusal) {
  /** What Jupyter tells the page of its server; null on pages of other programs. */
  function pageConfig() {
    const element = document.getElementById('jupyter-config-data');
    return element ? JSON.parse(element.textContent) : null;
  }

  function cookie(name) {
    const found = document.cookie.split('; ').find(one => one.startsWith(`${name}=`));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : '';
  }

  /** What the server says is wrong; a proxy in front of it may say less. */
  function refusal(told, { status, statusText }) {
    const text = [told?.message, told?.hint].filter(Boolean).join(' ');
    return Object.assign(new Refusal(text || statusText || 'The server did not take it.', told?.field), { status });
  }

  /** Requests to the server of this page, with its own login. */
  class Api {
    constructor(config) {
      this.token = config.token || '';
      this.root = new URL(`${config.baseUrl || '/'}jobs-ext/api/v1/`, location.href);
    }

    url(tail) {
      return new URL(tail, this.root).href;
    }

    async ask(tail, body) {
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const response = await this.request(tail, init, { 'Content-Type': 'application/json' });
      return response.status === 204 ? null : response.json();
    }

    async bytes(tail, start, end) {
      const answer = await this.request(tail, {}, { Range: `bytes=${start}-${end - 1}` });
      return new Uint8Array(await answer.arrayBuffer());
    }

    headers() {
      const login = this.token ? { Authorization: `token ${this.token}` } : {};
      return { 'X-XSRFToken': cookie('_xsrf'), ...login };
    }

    async request(tail, init, more) {
      const headers = { ...this.headers(), ...more };
      const response = await fetch(this.url(tail), { ...init, headers, credentials: 'same-origin' });
      if (!response.ok) {
        throw refusal(await response.json().catch(() => null), response);
      }
      return response;
    }

    /** Sends a file as it is read; `tell` hears how many bytes have gone. `signal` ends it. */
    send(tail, file, tell, signal) {
      return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest(); // fetch does not say how far it is
        request.open('PUT', this.url(tail));
        const headers = { ...this.headers(), 'Content-Type': file.type || 'application/octet-stream' };
        Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
        request.responseType = 'json';
        request.upload.onprogress = event => tell(event.loaded);
        request.onload = () => (request.status < 300 ? resolve(request.response) : reject(refusal(request.response, request)));
        request.onerror = () => reject(new Refusal('The connection to the server broke off. Try again.'));
        request.onabort = () => reject(new Refusal('Cancelled.'));
        signal.addEventListener('abort', () => request.abort());
        signal.aborted ? request.onabort() : request.send(file); // cancelled before it could begin
      });
    }

    socket(query) {
      const url = new URL(this.url(`events?${query}`));
      url.protocol = url.protocol.replace('http', 'ws');
      if (this.token) {
        url.searchParams.set('token', this.token);
      }
      return new WebSocket(url);
    }
  }

  return { pageConfig, Api };
}

