/** Formats in which a chart can be copied. */
type Kind = 'png' | 'csv';

const NAMES: Record<Kind, string> = { png: 'Picture', csv: 'Data' };

/** Copies data to the clipboard, or saves it as a file if the browser does not allow copying. */
export async function give(figure: Element, name: string, kind: Kind, data: Blob): Promise<void> {
  const told = figure.querySelector('.told');
  const say = (text: string): void => {
    if (told !== null) told.textContent = text;
  };
  try {
    await navigator.clipboard.write([new ClipboardItem({ [data.type]: data })]);
    say(`${NAMES[kind]} copied to the clipboard.`);
  } catch {
    save(`${name}.${kind}`, data);
    say(`${NAMES[kind]} saved as ${name}.${kind}, because this browser does not allow copying it.`);
  }
}

function save(file: string, data: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(data);
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}
