// Files that are dropped or chosen, on their way to the server of the page: as they are read, past the kernel.
// On a page that has no server of ours the kernel takes them, small ones alone. `ofPage` is of page.js.

export default (() => {
  const MEGA = 1e6;
  const BY_KERNEL = 8 * MEGA; // bytes: kernels are cut off by a message of more than 10 MB

  class Refusal extends Error {}

  const STYLE = `
.jx-upload { color: var(--jp-ui-font-color1, #1f2328); font: var(--jp-ui-font-size1, 13px)/1.45 var(--jp-ui-font-family, system-ui, sans-serif); max-width: 30em; }
.jx-upload-drop { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 6px; padding: 3px 8px; border: 1px dashed var(--jp-border-color1, #8c959f); border-radius: 4px; }
.jx-upload-drop.jx-over { border-color: var(--jp-brand-color1, #1976d2); background: var(--jp-layout-color2, #f3f4f6); }
.jx-upload button { font: inherit; color: inherit; padding: 2px 8px; cursor: pointer; border: 1px solid var(--jp-border-color1, #8c959f); border-radius: 3px; background: var(--jp-layout-color1, #fff); }
.jx-upload button:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px; }
.jx-upload ul { list-style: none; margin: 4px 0 0; padding: 0; }
.jx-upload li { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 8px; margin: 2px 0; }
.jx-upload progress { width: 9em; }
.jx-upload-name { flex: 0 1 auto; overflow-wrap: anywhere; font-weight: 600; }
.jx-upload-muted { color: var(--jp-ui-font-color2, #59636e); font-variant-numeric: tabular-nums; }
.jx-upload-problem { color: var(--jp-error-color1, #c62828); overflow-wrap: anywhere; }
`;

  function h(tag, className, ...children) {
    const node = document.createElement(tag);
    node.className = className;
    node.append(...children);
    return node;
  }

  function press(word, label, act) {
    const node = h('button', '', word);
    node.type = 'button';
    node.setAttribute('aria-label', label);
    node.addEventListener('click', act);
    return node;
  }

  function size(bytes) {
    return bytes < MEGA ? `${Math.ceil(bytes / 1e3).toLocaleString()} kB` : `${(bytes / MEGA).toFixed(1)} MB`;
  }

  /** Keeps files in the project for uploads, each as a version of a data set; what it returns names that. */
  function toServer(api, project) {
    const place = `projects/${encodeURIComponent(project)}`;
    let made;
    const ready = () => {
      made ??= api.request(place, {}, {}).catch(() => api.ask('projects', { name: project, title: 'Uploaded in forms' }));
      made.catch(() => (made = undefined)); // the next file tries again
      return made;
    };
    return async (file, tell, signal) => {
      await ready();
      const tail = `${place}/datasets/${encodeURIComponent(file.name)}/content`;
      const { name, version } = await api.send(tail, file, tell, signal);
      return { project, name, version, size: file.size };
    };
  }

  /** Gives the bytes to the kernel. */
  function toKernel(model) {
    return async file => {
      if (file.size > BY_KERNEL) {
        throw new Refusal(`${size(file.size)} is too much for this page, which has no way to the server. Give the path of a file there.`);
      }
      const key = `${Date.now()} ${Math.random()}`;
      const content = await file.arrayBuffer();
      model.send({ key, name: file.name, type: file.type }, undefined, [content]);
      return { key, name: file.name, size: file.size };
    };
  }

  async function wayOut(model) {
    const { pageConfig, Api } = ofPage(Refusal);
    const config = pageConfig();
    if (config !== null) {
      const api = new Api(config);
      const told = await api.ask('').catch(() => null);
      if (told?.server === model.get('server')) {
        return toServer(api, model.get('project'));
      }
    }
    return toKernel(model);
  }

  /** What is there to see: a button, a place to drop on, and a line for each file. */
  class Upload {
    constructor(model, send) {
      Object.assign(this, { model, send, under: new Map() });
      this.several = model.get('multiple');
      this.list = h('ul', '');
      this.input = h('input', '');
      this.input.type = 'file';
      this.input.multiple = this.several;
      this.input.hidden = true;
      this.input.addEventListener('change', () => {
        this.take([...this.input.files]);
        this.input.value = ''; // the same file may be chosen again
      });
      const word = this.several ? 'Upload files…' : 'Upload a file…';
      this.button = press(word, `${word} ${model.get('title')}`, () => this.input.click());
      const drop = h('div', 'jx-upload-drop', this.button, h('span', 'jx-upload-muted', this.several ? 'or drop files here' : 'or drop one here'), this.input);
      this.droppable(drop);
      this.node = h('div', 'jx-upload', h('style', '', STYLE), drop, this.list);
      this.node.setAttribute('role', 'group');
      this.node.setAttribute('aria-label', `Uploads: ${model.get('title')}`);
      this.node.dataset.lmSuppressShortcuts = 'true'; // keys are ours here, not the notebook's
      this.redraw = () => this.draw();
      model.on('change:files', this.redraw);
      this.draw();
    }

    droppable(node) {
      const over = event => {
        if (event.dataTransfer?.types.includes('Files')) {
          event.preventDefault();
          event.stopPropagation();
          node.classList.add('jx-over');
        }
      };
      node.addEventListener('dragenter', over);
      node.addEventListener('dragover', over);
      node.addEventListener('dragleave', () => node.classList.remove('jx-over'));
      node.addEventListener('drop', event => {
        over(event);
        node.classList.remove('jx-over');
        this.take([...event.dataTransfer.files]);
      });
    }

    take(files) {
      if (!this.several && files.length > 1) {
        this.list.prepend(this.line(files[0].name, this.problem('One file is asked for; drop one alone.')));
        return;
      }
      if (!this.several) {
        this.under.forEach(({ stop }) => stop.abort());
      }
      files.forEach(file => void this.upload(file));
    }

    async upload(file) {
      const stop = new AbortController();
      const bar = h('progress', '');
      bar.max = file.size || 1;
      bar.value = 0;
      bar.setAttribute('aria-label', `Sent of ${file.name}`);
      const told = h('span', 'jx-upload-muted', `0 of ${size(file.size)}`);
      const line = this.line(file.name, bar, told, press('Cancel', `Cancel the upload of ${file.name}`, () => stop.abort()));
      this.under.set(line, { name: file.name, stop });
      this.mark();
      this.list.append(line);
      try {
        const tell = sent => {
          bar.value = sent;
          told.textContent = `${size(Math.min(sent, file.size))} of ${size(file.size)}`;
        };
        const kept = await this.send(file, tell, stop.signal);
        this.under.delete(line);
        this.leave(line);
        line.remove();
        this.keep(this.several ? [...this.model.get('files'), kept] : [kept]);
      } catch (error) {
        this.under.delete(line);
        this.leave(line);
        line.replaceWith(this.line(file.name, this.problem(error.message)));
        this.mark();
      }
    }

    /** Tells Python what is kept and what is under way, so that nothing is submitted without it. */
    mark() {
      // as a message: a state waits while the kernel is busy, and a press of Submit would overtake it
      const pending = [...this.under.values()].map(({ name }) => name);
      this.model.send({ files: this.model.get('files'), pending });
    }

    keep(files) {
      this.model.set('files', files);
      this.mark();
    }

    problem(text) {
      const node = h('span', 'jx-upload-problem', `⚠ ${text}`);
      node.setAttribute('role', 'alert');
      return node;
    }

    /** A line for a file that is not kept; one that says what was wrong goes by a button. */
    line(name, ...rest) {
      const node = h('li', '', h('span', 'jx-upload-name', name), ...rest);
      if (!rest.some(one => one.tagName === 'BUTTON')) {
        node.append(press('×', `Dismiss ${name}`, () => this.drop(node)));
      }
      return node;
    }

    drop(line) {
      this.leave(line);
      line.remove();
    }

    /** Puts the focus elsewhere if it is in a line that goes: keys would begin at the top of the page. */
    leave(line) {
      if (line.contains(document.activeElement)) {
        this.button.focus();
      }
    }

    draw() {
      this.list.querySelectorAll('.jx-upload-kept').forEach(node => node.remove());
      const lines = this.model.get('files').map((file, place) => {
        const line = this.line(file.name, h('span', 'jx-upload-muted', `${size(file.size)} uploaded${file.project ? ` to ${file.project}` : ''}`), press('×', `Remove ${file.name}`, () => this.remove(place)));
        line.classList.add('jx-upload-kept');
        return line;
      });
      this.list.prepend(...lines);
    }

    remove(place) {
      this.keep(this.model.get('files').filter((_, other) => other !== place));
      this.button.focus();
    }

    dispose() {
      this.model.off('change:files', this.redraw);
      this.under.forEach(({ stop }) => stop.abort());
      this.node.remove();
    }
  }

  async function render({ model, el }) {
    const drawn = new Upload(model, await wayOut(model));
    el.append(drawn.node);
    return () => drawn.dispose();
  }

  return { render };
})();
