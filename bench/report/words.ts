export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Ends in a full stop, whoever wrote it. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

/** What there is of these, one after the other. */
export function paragraph(sentences: readonly string[]): string {
  return sentences.filter((text) => text !== '').join(' ');
}

/** Why a rate is the one it is, for a place that has just told the rate: it is not told again. */
export function rateReason(reason: string): string {
  return sentence(capital(reason.replace(/^[\d,.]+ messages a second: /, '')));
}
