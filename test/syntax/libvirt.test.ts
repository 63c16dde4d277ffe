import { describe } from 'node:test';
import { parseLibvirt, type LibvirtValue } from '../../server/src/syntax';
import { table } from './table';

const show = (value: LibvirtValue): string =>
  value.type === 'list'
    ? `[${value.items.map(show).join(' ')}]`
    : value.type === 'int'
      ? value.text
      : JSON.stringify(value.text);

describe("libvirt's configuration files", () => {
  table(parseLibvirt, (document) => document.entries.map(({ key, value }) => `${key}=${show(value)}`), [
    ['listen_tcp = 1\nlisten_tcp=0', ['listen_tcp=1', 'listen_tcp=0']],
    ['a = \'x"y\'; b = "it\'s" # c\n', ['a="x\\"y"', 'b="it\'s"']],
    ['a = """x\n"y""""\n', [], ['expected-separator⟨"""x⟩']],
    ['a = """x\n"y" """\n', ['a="x\\n\\"y\\" "']],
    ['a = [ "x",\n  "y",\n]\nb = []', ['a=["x" "y"]', 'b=[]']],
    ['a = [ "x", # c\n "y" ]\nb = 1', ['b=1'], ['expected-value⟨# c⟩', 'expected-name⟨"y" ]⟩']],
    ['a = [ "x",\nb = 1\n', ['b=1'], ['expected-value⟨b = 1⟩']],
    ['a = [ "x"\n', [], ['unclosed-list⟨[⟩']],
    ['a = [ 1 2 ]\nb = 1', ['b=1'], ['expected-list-separator⟨2 ]⟩']],
    ['a = +1; b = -2; c = 01', ['a=+1', 'b=-2', 'c=01']],
    ['a = -\nb = 1', ['b=1'], ['unterminated-number⟨-⟩']],
    ['listen_tcp = yes\nb = 1', ['b=1'], ['expected-value⟨yes⟩']],
    ['listen_tcp =\nb = 1', ['b=1'], ['expected-value⟨⟩']],
    ['listen_tcp 1\nb = 1', ['b=1'], ['expected-assignment⟨listen_tcp 1⟩']],
    ['listen-tcp = 1\nb = 1', ['b=1'], ['expected-assignment⟨listen-tcp = 1⟩']],
    ['listen_tcp=0x1\nb = 1', ['b=1'], ['expected-separator⟨0x1⟩']],
    ['listen_addr = 0.0.0.0\nb = 1', ['b=1'], ['expected-separator⟨0.0.0.0⟩']],
    ['listen_tcp = 1 junk\nb = 1', ['listen_tcp=1', 'b=1'], ['expected-separator⟨junk⟩']],
    ['auth_tcp = "none\nb = 1', ['b=1'], ['unterminated-string⟨"none⟩']],
    ['auth_tcp = “none”\n', [], ['expected-value⟨“none”⟩']],
    ['[libvirtd]\nb = 1', ['b=1'], ['expected-name⟨[libvirtd]⟩']],
    ['\ufeffa = 1\nb = 1', ['b=1'], ['expected-name⟨\ufeffa = 1⟩']],
    ['\n', [], ['expected-name⟨⟩']],
    ['# c\n\n  # d', []],
    ['', []],
  ]);
});
