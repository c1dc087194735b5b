/*
 * Starting to record again in a kernel that was restarted.
 *
 * Owns the lines that are run for the person, and reading what they printed.
 */
import type { Kernel, KernelMessage } from '@jupyterlab/services';

/**
 * What may stand inside the quotes of a magic's argument: nothing that IPython
 * expands (`{`, `$`) and nothing that ends the quotes or the line.
 */
const PLAIN_PATH = /^[\p{L}\p{N} ./:_~+=,@-]+$/u;

/** The lines that record into the store of that label again. */
export function resumeCode(label: string): string {
  const path = PLAIN_PATH.test(label) ? ` "${label}"` : '';
  return `%load_ext mandala_lab\n%mandala on${path}`;
}

/** Run the lines and tell what they printed; rejects when they raised an error. */
export async function resumeRecording(
  kernel: Kernel.IKernelConnection,
  label: string
): Promise<string> {
  const future = kernel.requestExecute({ code: resumeCode(label), store_history: false });
  let printed = '';
  future.onIOPub = message => {
    if (message.header.msg_type === 'stream') {
      printed += (message as KernelMessage.IStreamMsg).content.text;
    }
  };
  const { content } = await future.done;
  if (content.status === 'error') {
    throw new Error(`${content.ename}: ${content.evalue}`);
  }
  return printed.trim();
}
