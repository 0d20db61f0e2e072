// Makes of src/view.ts (compiled) one plain ES module that needs nothing: the face of the widgets.
import { rspack } from '@rspack/core';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const compiler = rspack({
  context: here,
  entry: './lib/view.js',
  mode: 'production',
  devtool: false,
  experiments: { outputModule: true },
  optimization: {
    concatenateModules: true,
    // small, since it goes to the page with each widget; the names at its top are used by what is appended
    minimizer: [new rspack.SwcJsMinimizerRspackPlugin({ minimizerOptions: { mangle: { reserved: ['mount', 'serverSide', 'Refusal', 'followNetwork', 'troubleOf'] } } })]
  },
  output: {
    path: `${here}../jobs_ext/widgets/static`,
    filename: 'view.js',
    library: { type: 'modern-module' }
  }
});
compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    console.error(error ?? stats.toString('errors-only'));
    process.exitCode = 1;
  }
});
