#!/usr/bin/env python3
"""Runs a command and prints its exit status and the most memory it held, in KiB.

usage: peak.py OUT ERR COMMAND [ARG]...     (a process of its own for each: a child begins with
                                            the peak of its parent)
"""
import os
import subprocess
import sys

with open(sys.argv[1], "wb") as out, open(sys.argv[2], "wb") as err:
    child = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    _, status, usage = os.wait4(child.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
