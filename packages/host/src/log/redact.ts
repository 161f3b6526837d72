const censor = "[secret]";

/**
 * Takes the values of secret parameters out of text, plain and as JSON writes them, wherever they stand: in a field, in an
 * error's message, in a stack. Values of fewer than four characters are left: they would tear holes everywhere.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.filter((secret) => secret.length >= 4).flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  // The longest first, so that no rest of one secret is left beside another that it begins with.
  const unique = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => unique.reduce((rest, secret) => rest.replaceAll(secret, censor), text);
}
