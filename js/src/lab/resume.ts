/*
 * Starting to record again in a kernel that was restarted.
 *
 * Owns the line that is run for the person, and reading what they printed.
 */
import type { Kernel, KernelMessage } from '@jupyterlab/services';

/** The line that records into the store of that label again. A JSON text is a Python text. */
export function resumeCode(label: string): string {
  const text = JSON.stringify(label);
  return `__import__("mandala_kernel.extension").extension.resume(get_ipython(), ${text})`;
}

/** Run the line and tell what they printed; rejects when they raised an error. */
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
