import { describe } from 'node:test';
import { parseShell, parseUpstart, type ShellAssignment } from '../../server/src/syntax';
import { table } from './table';

const show = ({ name, value, exported, quote }: ShellAssignment): string =>
  `${exported ? 'export ' : ''}${name}=${value === undefined ? '?' : JSON.stringify(value)}${quote === undefined ? '' : ' quoted'}`;

describe('shell default files', () => {
  table(parseShell, (document) => document.assignments.map(show), [
    ['A=1 B="x y"; C=\'z\'\n', ['A="1"', 'B="x y" quoted', 'C="z" quoted']],
    ['A="a"\'b\'c\\ d\n', ['A="abc d"']],
    ['A="a\\"b\\c\\\\"\n', ['A="a\\"b\\\\c\\\\" quoted']],
    ['A=a\\\nb # c\n#B=1\nC="d\\\ne"', ['A="ab"', 'C="de" quoted']],
    ['export A=1 B="2" C\n', ['export A="1"', 'export B="2" quoted']],
    ['export "A=1"\n', ['export A="1"']],
    ['A=$B C=`x` D="$(y "z")" E=${F:-"}"}\n', ['A=?', 'C=?', 'D=?', 'E=?']],
    ['A="$" B=$\n', ['A="$" quoted', 'B="$"']],
    ['A=~/x\n', ['A=?']],
    ['if [ -f x ]; then\n  A=1\nfi\nB=2\n', ['A=?', 'B="2"']],
    ['[ -f x ] && A=1\nB=2 || C=3\n', ['A=?', 'B="2"', 'C=?']],
    ['(A=1)\nB=2\n', ['A=?', 'B="2"']],
    ['f() {\n A=1\n}\nB=2\n', ['A=?', 'B="2"']],
    ['cat <<EOF >x\nA=1\n"\nEOF\nB=2\n', ['B="2"']],
    ['A=-d -l\nB=1\n', ['A=?', 'B="1"'], ['command-after-assignment⟨-l⟩']],
    ['A=“-d -l”\n', ['A=?'], ['command-after-assignment⟨-l”⟩']],
    ['A=“-d”\n', ['A="“-d”"']],
    ['A = "-d"\nB=1\n', ['B="1"'], ['blank-before-equals⟨A =⟩']],
    ['A="x\nB=1\n', ['B="1"'], ['unterminated-quote⟨"x⟩']],
    ["A='x\nB=1\n", ['B="1"'], ["unterminated-quote⟨'x⟩"]],
    ['A=$(x\nB=1\n', ['B="1"'], ['unterminated-substitution⟨$(x⟩']],
    ['A=1\r\nB="2"\r\n', ['A="1"', 'B="2" quoted'], ['carriage-return⟨\r⟩']],
    ['A=(x)\nB=1\n', ['A=?', 'B="1"'], ['unexpected-bracket⟨(⟩']],
    ['; A=1\n', ['A="1"'], ['unexpected-operator⟨;⟩']],
    ['export A=-d -l\n', ['export A="-d"'], ['bad-export⟨-l⟩']],
    ['A=\nB=""\n', ['A=""', 'B="" quoted']],
    ['', []],
  ]);
});

describe('upstart jobs', () => {
  table(parseUpstart, (document) => [...document.env.map(show), `exec ${document.exec?.command ?? '-'}`], [
    ['env A="-d -l"\nexec /usr/sbin/libvirtd $A # c\n', ['export A="-d -l" quoted', 'exec /usr/sbin/libvirtd $A']],
    ['env A=b#c\nenv B\nenv C="x  \n  y"\n', ['export A="b"', 'export C="x y" quoted', 'exec -']],
    ['env A=$B\n', ['export A=?', 'exec -']],
    ['start on (a\n  and b) # c\nstop on c\nexec x\n', ['exec x']],
    ['pre-start exec y\nexec x \\\n  -d\npost-stop script\n exec z\nend script\n', ['exec x \\\n  -d']],
    ['script\n  . /etc/default/x\n  exec libvirtd "$A"  # c\nend script\n', ['exec libvirtd "$A"']],
    ['script\n exec x\n  end  script # c\nrespawn\n', ['exec x']],
    ['script\n exec x\nexec y\n', ['exec -'], ['unterminated-block⟨script⟩']],
    ['env A="x\nexec y\n', ['exec y'], ['unterminated-quote⟨"x⟩']],
    [
      'env\nexec\nenv A=1 B=2\n',
      ['export A="1"', 'exec -'],
      ['expected-token⟨env⟩', 'expected-token⟨exec⟩', 'unexpected-token⟨B=2⟩'],
    ],
    ['nonsense x\npre-start y\nexec z', ['exec z'], ['unknown-stanza⟨nonsense⟩', 'unknown-stanza⟨y⟩']],
    ['exec x \\', ['exec -'], ['trailing-slash⟨\\⟩']],
    ['exec x\r\nenv A=1\r\n', ['export A="1"', 'exec x']],
    ['', ['exec -']],
  ]);
});
