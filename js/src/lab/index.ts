/*
 * The JupyterLab plugins: they only wire. The panel needs a notebook tracker;
 * everything else is optional, so that it also runs in Notebook 7.
 */
import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { NotebookFollower } from './follower';
import { mandalaIcon } from './icon';
import { FrameMemory } from './memory';
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
  optional: [ITranslator, ICommandPalette, ILayoutRestorer, ISettingRegistry, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    state: IStateDB | null
  ) => {
    const words = (translator ?? nullTranslator).load(DOMAIN);
    const remembers = watchRemembers(settings);
    const panel = new MandalaPanel({
      follower: new NotebookFollower(tracker),
      memory: new FrameMemory(state),
      words,
      remembers
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

/** Whether frames are to be remembered, as the settings say now. */
function watchRemembers(registry: ISettingRegistry | null): () => boolean {
  let remembers = true;
  void registry?.load('mandala-lab:plugin').then(settings => {
    const read = (): void => {
      remembers = settings.get('rememberLastGraph').composite !== false;
    };
    read();
    settings.changed.connect(read);
  });
  return () => remembers;
}

export default [panelPlugin, rendererPlugin];
