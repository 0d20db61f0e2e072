/** The other end of the wire: answers REST and plays the WebSocket, through Jupyter's own settings. */

import { ServerConnection } from '@jupyterlab/services';
import { Api } from '../src/api';
import { SERVER } from './samples';

export class Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;

  constructor(readonly url: string) {}

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.();
  }

  send(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(): void {
    this.onclose?.();
  }
}

/** Answers by path below `jobs-ext/api/v1/`; a number is an error status. */
export class Server {
  readonly sockets: Socket[] = [];
  readonly requests: string[] = [];
  answers: Record<string, unknown> = { '': { server: SERVER, version: '0.1.0', ends_with: '' } };
  readonly api: Api;

  constructor() {
    const sockets = this.sockets;
    class Opened extends Socket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    const settings = ServerConnection.makeSettings({
      baseUrl: 'http://localhost:8888/x/',
      wsUrl: 'ws://localhost:8888/x/',
      token: 'secret',
      appendToken: true,
      fetch: (input: RequestInfo | URL) => this.answer(input as Request),
      WebSocket: Opened as unknown as typeof WebSocket
    });
    this.api = new Api(settings);
  }

  get socket(): Socket {
    const last = this.sockets.at(-1);
    if (!last) {
      throw new Error('nobody has connected');
    }
    return last;
  }

  private answer(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname.replace('/x/jobs-ext/api/v1/', '');
    this.requests.push(`${request.method} ${path}`);
    if (request.method === 'POST' && request.headers.get('Content-Type') !== 'application/json') {
      return Promise.resolve(new Response(null, { status: 415 }));
    }
    const answer = this.answers[path] ?? 404;
    if (answer instanceof Promise) {
      return answer.then(body => Response.json(body));
    }
    if (typeof answer === 'number') {
      return Promise.resolve(Response.json({ message: 'No such job.', hint: 'Look again.' }, { status: answer }));
    }
    return Promise.resolve(Response.json(answer));
  }
}
