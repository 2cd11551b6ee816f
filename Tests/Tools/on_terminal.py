"""Runs a program on a terminal of its own, 100 columns wide, and prints what the terminal was sent.

    on_terminal.py PROGRAM [ARGUMENT...]
"""

import fcntl
import os
import pty
import struct
import sys
import termios


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        os.execv(sys.argv[1], sys.argv[1:])
    seen = b""
    while True:
        try:
            some = os.read(terminal, 65536)
        except OSError:
            # Linux says EIO when the last program has closed its end.
            break
        if not some:
            break
        seen += some
    _, status = os.waitpid(pid, 0)
    sys.stdout.buffer.write(seen)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
