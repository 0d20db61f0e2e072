// Live cards and panels as widgets: brings the one view its data. `mount`, `serverSide`, `Refusal`,
// `followNetwork` and `troubleOf` are of the view put in front of this one, `ofPage` of page.js. On a page of the
// job's own server the data comes straight from there, so that it moves while the kernel is busy; elsewhere by way
// of the kernel.

export default (() => {
  const FIRST_PAUSE = 500;
  const LONGEST_PAUSE = 5000;
  const BY_KERNEL = 2000; // ms between two questions to the kernel
  const GONE = 'This server no longer has it: this is its last known state.';
  const FORGOTTEN = 'The kernel was restarted and no longer knows this: run its cell again.';

  const SHARED = Symbol.for('jobs-ext.events.1'); // where JupyterLab's extension offers the events of its one WebSocket

  const { pageConfig, Api } = ofPage(Refusal);

  /** Follows what `watch` names over a WebSocket, and a batch's jobs; reconnects and goes on where it was. */
  class Live {
    constructor(api, watch, heard) {
      Object.assign(this, { api, watch, ...heard, pause: FIRST_PAUSE, since: null, ended: false });
      this.unfollow = followNetwork(() => this.lost(null), () => this.renew());
      void this.connect();
    }

    /** Asks first: a WebSocket that fails would not tell a login that is over from a network that is down. */
    async connect() {
      const { kind, id } = this.watch;
      try {
        await this.api.ask({ jobs: '', job: `jobs/${id}`, batch: `batches/${id}` }[kind]);
      } catch (error) {
        error.status === 404 && kind !== 'jobs' ? this.gone() : this.lost(error.status ?? null);
        return;
      }
      if (!this.ended && !this.socket) {
        this.open();
      }
    }

    gone() {
      this.dispose();
      this.worry(GONE);
    }

    open() {
      const query = new URLSearchParams({ as: 'view', limit: 1 }); // the newest jobs are asked for by the table
      if (this.watch.kind !== 'jobs') {
        query.set(this.watch.kind, this.watch.id);
        query.set('members', true);
      }
      if (this.since !== null) {
        query.set('since', this.since);
      }
      this.socket = this.api.socket(query);
      this.socket.onopen = () => {
        this.pause = FIRST_PAUSE;
        this.worry(null);
      };
      this.socket.onmessage = event => this.receive(JSON.parse(event.data));
      this.socket.onclose = () => this.lost(null);
    }

    /** A connection from before a sleep may be dead without knowing: another one goes on where it was. */
    renew() {
      this.detach();
      this.pause = FIRST_PAUSE;
      void this.connect();
    }

    detach() {
      clearTimeout(this.timer);
      if (this.socket) {
        this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
        this.socket.close();
        this.socket = null;
      }
    }

    lost(status) {
      this.detach();
      if (!this.ended) {
        this.worry(troubleOf(status));
        this.timer = setTimeout(() => this.connect(), this.pause * (0.75 + Math.random() / 2));
        this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
      }
    }

    receive(frame) {
      if (frame.type === 'error') {
        this.since = null; // what we asked for can't be had: begin with a snapshot
        return;
      }
      this.since = frame.seq;
      const { jobs, batches, deleted = [] } = frame;
      const shown = [...batches, ...jobs].find(item => item.id === this.watch.id);
      if (shown) {
        this.tell(shown);
      }
      this.change({ jobs, deleted, gap: frame.type === 'snapshot' });
      if (deleted.includes(this.watch.id)) {
        this.gone();
      }
    }

    dispose() {
      this.ended = true;
      this.unfollow();
      this.detach();
    }
  }

  /** Who listens to something, and what was said last, which is told to who comes later. */
  class Told {
    constructor(last) {
      const listeners = new Set();
      this.tell = news => {
        last = news;
        listeners.forEach(listener => listener(news));
      };
      this.hear = listener => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      };
      this.follow = listener => {
        listener(last);
        return this.hear(listener);
      };
    }
  }

  /** What tells of the watched and of any job: our extension where the page has it, else a WebSocket of our own. */
  function events(api, model) {
    const shared = window[SHARED];
    const worry = new Told(null);
    if (shared) {
      const follow = tell => sharedWatch(shared, model, tell, worry.tell);
      return { follow, changes: shared.changes, trouble: worry.follow };
    }
    const changes = new Told(null);
    const follow = tell => {
      const live = new Live(api, model.get('watch'), { tell, change: changes.tell, worry: worry.tell });
      return () => live.dispose();
    };
    return { follow, changes: changes.hear, trouble: worry.follow };
  }

  /** Follows the watched by the page's events; it may be deleted, and be brought back. */
  function sharedWatch(shared, model, tell, worry) {
    const watch = model.get('watch');
    let gone = false;
    let trouble = null;
    const say = () => worry(gone ? GONE : trouble);
    const stands = is => {
      gone = !is;
      say();
    };
    const troubled = why => {
      trouble = why;
      say();
    };
    const ends = [shared.trouble(troubled)];
    if (watch.kind !== 'jobs') {
      const seen = view => {
        stands(true);
        tell(view);
      };
      ends.push(shared.watch(watch, model.get('server'), seen, () => stands(false)));
    }
    return () => ends.forEach(end => end());
  }

  /** The source of a card on a page of the job's own server. */
  function direct(api, model) {
    const { follow, changes, trouble } = events(api, model);
    return {
      snapshot: model.get('snapshot'),
      subscribe: tell =>
        follow(view => {
          tell(view);
          mirror(model, view);
        }),
      changes,
      trouble,
      take: (id, name) => taken(model, id, name),
      table: true,
      notebook: model.get('notebook'),
      ...serverSide(api)
    };
  }

  /** Asks the kernel for the table of a job as a variable; returns what it says of it. */
  async function taken(model, id, name) {
    return (await answer(model, { action: 'take', id, name }, told => told.taken === id)).text;
  }

  /** Has the kernel do what a button says; rejects with what is wrong. */
  async function acted(model, action, view) {
    const call = `${Date.now()} ${Math.random()}`; // several views of one widget hear each other's answers
    const asked = { action, kind: view.kind, id: view.id, call };
    const { problem } = await answer(model, asked, told => told.done === call);
    if (problem) {
      throw new Refusal(problem);
    }
  }

  /** Sends the kernel a message and returns its answer; rejects when it is done with that and gave none. */
  function answer(model, asked, isIt) {
    return new Promise((resolve, reject) => {
      const end = () => model.off('msg:custom', hear);
      const hear = told => {
        if (isIt(told)) {
          end();
          resolve(told);
        }
      };
      const forgotten = () => {
        end();
        reject(new Refusal(FORGOTTEN)); // too late for one that was answered
      };
      const status = ({ content }) => content.execution_state === 'idle' && forgotten();
      model.on('msg:custom', hear);
      try {
        model.send(asked, { iopub: { status } });
      } catch {
        forgotten(); // the page knows that nobody is there
      }
    });
  }

  /** Lets Python know the end of a job; nothing less, a busy kernel could not keep up. */
  function mirror(model, view) {
    if (view.final && !model.get('snapshot').final) {
      model.set('snapshot', view);
      model.save_changes();
    }
  }

  /** The source of a card on a page that has no server of ours: the kernel asks for us. */
  function byKernel(model) {
    return {
      snapshot: model.get('snapshot'),
      subscribe: tell => {
        const changed = () => tell(model.get('snapshot'));
        model.on('change:snapshot', changed);
        const timer = setInterval(() => {
          if (!model.get('snapshot').final) {
            model.send({ action: 'refresh' });
          }
        }, BY_KERNEL);
        return () => {
          clearInterval(timer);
          model.off('change:snapshot', changed);
        };
      },
      act: (action, view) => acted(model, action, view)
    };
  }

  function elsewhere(model) {
    return {
      snapshot: model.get('snapshot'),
      subscribe: () => () => undefined,
      label: 'Ran elsewhere: this is how it stood when the notebook was saved.'
    };
  }

  async function sourceOf(model) {
    const config = pageConfig();
    if (config === null) {
      return byKernel(model);
    }
    const api = new Api(config);
    try {
      const { server } = await api.ask('');
      return server === model.get('server') ? direct(api, model) : elsewhere(model);
    } catch {
      return byKernel(model); // the page's server is not the kernel's, and has nothing of ours
    }
  }

  async function render({ model, el }) {
    const drawn = mount(el, await sourceOf(model));
    return () => drawn.dispose();
  }

  return { render };
})();
