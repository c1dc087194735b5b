/*
 * Archive: what a notebook recorded, as the Jupyter server reads it from the store.
 * Needs no kernel and waits for none. The server finds the store by the notebook's
 * path; a page never names a file.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Reply, Request } from '../schema/messages';
import { TransportError } from '../state/transport';
import type { Road } from '../state/transport';

/** The road to the store of one notebook. */
export type ArchiveOf = (path: string) => Road;

/** The roads over a Jupyter server. */
export function archiveOver(settings: ServerConnection.ISettings): ArchiveOf {
  return path => ({ request: request => post(settings, path, request) });
}

async function post(
  settings: ServerConnection.ISettings,
  path: string,
  request: Request
): Promise<Reply> {
  const url = URLExt.join(settings.baseUrl, 'mandala-lab/notebooks', URLExt.encodeParts(path));
  const init = { method: 'POST', body: JSON.stringify(request) };
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (!response.ok) {
    throw new TransportError(
      `The Jupyter server answered ${response.status} when it was asked for "${request.type}". ` +
        'Install mandala-lab where JupyterLab runs, too, and start JupyterLab again.'
    );
  }
  return (await response.json()) as Reply;
}
