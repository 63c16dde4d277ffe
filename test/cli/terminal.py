"""Runs a program on a terminal of 80 columns. Usage: terminal.py [--redirect] [--interrupt TEXT] [--type TEXT KEYS]... PROGRAM ARG...

Prints JSON: the exit code, and what came with the seconds since the start.
--redirect gives standard output to a pipe, which is added as "stdout"; --interrupt sends Ctrl-C once TEXT is shown.
--type types KEYS once TEXT is shown, one after the other, and only after that of --interrupt.
"""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

args = sys.argv[1:]
redirect = args[0] == "--redirect"
if redirect:
    args = args[1:]
interrupt = None
if args[0] == "--interrupt":
    interrupt, args = args[1].encode(), args[2:]
typed = []
while args[0] == "--type":
    typed.append((args[1].encode(), args[2].encode()))
    args = args[3:]

out_read, out_write = os.pipe()
start = time.monotonic()
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.close(out_read)
    if redirect:
        os.dup2(out_write, 1)
    os.close(out_write)
    os.execvp(args[0], args)
os.close(out_write)

chunks, stdout, unseen = [], b"", b""
open_ends = {terminal, out_read}
while open_ends:
    for end in select.select(open_ends, [], [])[0]:
        try:
            data = os.read(end, 1 << 16)
        except OSError:  # the terminal is closed with the program
            data = b""
        if not data:
            open_ends.discard(end)
        elif end == out_read:
            stdout += data
        else:
            chunks.append([time.monotonic() - start, data.decode(errors="replace")])
            if interrupt and interrupt in data:
                os.write(terminal, b"\x03")
                interrupt = None
            elif not interrupt and typed:
                unseen += data
                if typed[0][0] in unseen:
                    os.write(terminal, typed.pop(0)[1])
                    unseen = b""
_, status = os.waitpid(pid, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "chunks": chunks, "stdout": stdout.decode()}))
