/** The server's REST interface as the front end uses it, always through Jupyter's own settings. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { readItem } from './snapshot';
import { Refusal, type ItemView, type Wire } from './view';
import { place } from './view/wire';

/** An answer that is not a success, with the server's own sentence. */
export class ApiError extends Refusal {
  constructor(
    readonly status: number,
    message: string,
    field: string | null = null
  ) {
    super(message, field);
  }
}

export interface ServerInfo {
  version: string;
  /** The fingerprint of the data directory behind this server. */
  server: string;
  /** What ends all jobs by its end, e.g. "the container of this server"; "" when nothing does. */
  ends_with: string;
}

/** Names one job or one batch. */
export type Item = Pick<ItemView, 'kind' | 'id'>;

export class Api implements Wire {
  constructor(readonly settings: ServerConnection.ISettings) {}

  /** Which server this is. Raises `ApiError` 404 where the server half is missing. */
  async info(): Promise<ServerInfo> {
    return (await this.ask('')) as ServerInfo;
  }

  /** What there is to see of a job or batch now. */
  async view(item: Item): Promise<ItemView> {
    const view = readItem(await this.ask(`${place(item)}/view`));
    if (view === null) {
      throw new ApiError(502, 'The server sent something else than a job.');
    }
    return view;
  }

  /** The address of the live events. */
  eventsUrl(since: number | null): string {
    const query = new URLSearchParams({ as: 'view', limit: SNAPSHOT });
    if (since !== null) {
      query.set('since', String(since));
    }
    if (this.settings.appendToken && this.settings.token) {
      query.set('token', this.settings.token);
    }
    return `${URLExt.join(this.settings.wsUrl, ROOT, 'events')}?${query}`;
  }

  url(tail: string): string {
    return URLExt.join(this.settings.baseUrl, ROOT) + tail;
  }

  async ask(tail: string, body?: object): Promise<unknown> {
    const init = body === undefined ? {} : { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) };
    const response = await this.request(tail, init);
    return response.status === 204 ? null : response.json();
  }

  async bytes(tail: string, start: number, end: number): Promise<Uint8Array> {
    const response = await this.request(tail, { headers: { Range: `bytes=${start}-${end - 1}` } });
    return new Uint8Array(await response.arrayBuffer());
  }

  private async request(tail: string, init: RequestInit): Promise<Response> {
    const url = this.url(tail);
    const idle = init.method ? url : `${url}${url.includes('?') ? '&' : '?'}${IDLE}`;
    const response = await ServerConnection.makeRequest(idle, init, this.settings);
    if (!response.ok) {
      throw await refusal(response);
    }
    return response;
  }
}

const ROOT = 'jobs-ext/api/v1/';
/** How many of the newest jobs the first frame brings. */
const SNAPSHOT = '200';
/** Looking is no activity: an open page must not keep an idle server alive. */
const IDLE = 'no_track_activity=1';
const JSON_TYPE = { 'Content-Type': 'application/json' };

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { message, hint, field } = JSON.parse(text) as { message?: string; hint?: string; field?: string };
    return new ApiError(response.status, [message, hint].filter(Boolean).join(' ') || response.statusText, field);
  } catch {
    return new ApiError(response.status, `${response.status} ${response.statusText}`);
  }
}
