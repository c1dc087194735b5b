/*
 * The JupyterLab plugins: they only wire. The panel needs a notebook tracker;
 * everything else is optional, so that it also runs in Notebook 7.
 */
import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { archiveOver } from './archive';
import { NotebookFollower } from './follower';
import { mandalaIcon } from './icon';
import { frameRendererFactory, RENDERER_RANK } from './mime';
import { MandalaPanel, PANEL_ID } from './panel';

const DOMAIN = 'mandala_lab';
const PANEL_RANK = 700;

/** Names of the commands. */
export const CommandIds = {
  showPanel: 'mandala:show-panel',
  fit: 'mandala:fit'
} as const;

const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'mandala-lab:plugin',
  description: 'The live graph of memoized computations, beside the notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const words = (translator ?? nullTranslator).load(DOMAIN);
    const panel = new MandalaPanel({
      follower: new NotebookFollower(tracker),
      archiveOf: archiveOver(app.serviceManager.serverSettings),
      words
    });
    app.shell.add(panel, 'right', { rank: PANEL_RANK, type: 'Mandala' });
    restorer?.add(panel, PANEL_ID);
    app.commands.addCommand(CommandIds.showPanel, {
      label: words.__('Show the Mandala Panel'),
      caption: words.__('Show the live graph of memoized computations'),
      icon: mandalaIcon,
      execute: () => app.shell.activateById(PANEL_ID)
    });
    app.commands.addCommand(CommandIds.fit, {
      label: words.__('Fit the Mandala Graph'),
      execute: () => panel.fitGraph()
    });
    for (const command of Object.values(CommandIds)) {
      palette?.addItem({ command, category: words.__('Mandala') });
    }
  }
};

const rendererPlugin: JupyterFrontEndPlugin<void> = {
  id: 'mandala-lab:renderer',
  description: 'Draws frames in outputs, with or without a kernel.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, registry: IRenderMimeRegistry, translator: ITranslator | null) => {
    const words = (translator ?? nullTranslator).load(DOMAIN);
    registry.addFactory(frameRendererFactory(words), RENDERER_RANK);
  }
};

export default [panelPlugin, rendererPlugin];
