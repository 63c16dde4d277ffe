/** A script of ours without its comments and indentation: it travels in a command line. */
export function bare(script: string): string {
  return script.replace(/^[ \t]*#.*\n|^[ \t]+|^\n/gm, '');
}
