"""Programs that try to escape the sandbox. `loot()` makes the attempt and returns a true value if it succeeds.

A successful attempt does no harm: it destroys only a canary file, makes few forks that end by themselves, and sends
only signal 0 to other processes. Forbidden system calls get invalid arguments, so that any error but "not permitted"
shows that the kernel executed the call.
"""

# ruff: noqa: E501 - a program a line
import platform

ARSENAL = (
    "ctypes",
    "fcntl",
    "mmap",
    "multiprocessing",
    "resource",
    "select",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
)
"""Modules that programs cannot import. The attacks get them anyway, so that only the kernel can stop them."""

NETWORK = {
    "tcp connect": "s = socket.create_connection(('127.0.0.1', TCP_PORT), 2); return True",
    "tcp listen": "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); return True",
    "tcp v6": "return socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "udp send": (
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); return s.sendto(b'loot', ('127.0.0.1', UDP_PORT))"
    ),
    "unix connect": "s = socket.socket(socket.AF_UNIX); s.connect(UNIX_PATH); return True",
    "unix abstract": "s = socket.socket(socket.AF_UNIX); s.connect(ABSTRACT); return True",
    "socket pair": "return socket.socketpair()",
    "raw socket": "return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)",
    "netlink": "return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "names": "return socket.getaddrinfo('localhost', 80)",
    "send a descriptor": "return socket.send_fds(socket.socket(fileno=0), [b'x'], [1])",
    "peer of the channel": "return socket.socket(fileno=0).getpeername() == ''",
}

FILES = {
    "read a file": "return open(CANARY).read()",
    "read passwords": "return open('/etc/passwd').read()",
    "overwrite": "open(CANARY, 'w').write('loot'); return True",
    "append": "os.write(os.open(CANARY, os.O_WRONLY | os.O_APPEND), b'loot'); return True",
    "new file": "open(FOLDER + '/new', 'w'); return True",
    "temporary file": "return tempfile.mkstemp(dir=FOLDER)",
    "unnamed file": "return os.open(FOLDER, os.O_TMPFILE | os.O_RDWR)",
    "new folder": "os.mkdir(FOLDER + '/folder'); return True",
    "symbolic link": "os.symlink('/etc/passwd', FOLDER + '/link'); return True",
    "hard link": "os.link(CANARY, FOLDER + '/hard'); return True",
    "named pipe": "os.mkfifo(FOLDER + '/pipe'); return True",
    "rename": "os.rename(CANARY, CANARY + '.gone'); return True",
    "remove": "os.unlink(CANARY); return True",
    "remove a tree": "shutil.rmtree(FOLDER); return not os.path.exists(FOLDER)",
    "truncate": "os.truncate(CANARY, 0); return True",
    "permissions": "os.chmod(CANARY, 0o777); return True",
    "owner": "os.chown(CANARY, 1, 1); return True",
    "times": "os.utime(CANARY); return True",
    "attributes": "os.setxattr(CANARY, 'user.loot', b'x'); return True",
    "does it exist": "os.stat(CANARY); return True",
    "may I": "return os.access(CANARY, os.R_OK)",
    "list the root": "return os.listdir('/')",
    "list here": "return os.listdir()",
    "change folder": "os.chdir(FOLDER); return True",
    "where am I": "return os.getcwd() != '/'",
    "own environment": "return open('/proc/self/environ').read()",
    "own memory map": "return open('/proc/self/maps').read()",
    "first process": "return open('/proc/1/cmdline').read()",
    "memory of the parent": "return open(f'/proc/{os.getppid()}/mem', 'rb')",
    "descriptors of the parent": "return os.listdir(f'/proc/{os.getppid()}/fd')",
    "kernel log": "return open('/dev/kmsg')",
    "shared memory": "return open('/dev/shm/sweepfarm-attack', 'w')",
    "anonymous file": "return os.memfd_create('loot')",
    "other root": "os.chroot(FOLDER); return True",
    "swap while it is checked": (
        "for _ in range(200):\n"
        "        try: os.symlink(CANARY, FOLDER + '/swap'); return open(FOLDER + '/swap').read()\n"
        "        except OSError: pass"
    ),
    "import from disk": "import wave; return True",
    "import from a folder": "sys.path.append(FOLDER); sys.meta_path.append(PATH_FINDER); import planted; return True",
}

PROCESSES = {
    "fork": "return os.fork() or os._exit(0)",
    "fork bomb": "for _ in range(6):\n        if os.fork() == 0: os._exit(0)\n    return True",
    "orphan": "if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0: os._exit(0)\n    return True",
    "zombie children": "for _ in range(6):\n        if os.fork() == 0: os._exit(0)\n    return True",
    "shell": "return os.system('true') == 0",
    "subprocess": "return subprocess.run(['/bin/true']).returncode == 0",
    "spawn": "return os.posix_spawn('/bin/true', ['true'], {})",
    "execute": "os.execv('/bin/true', ['true'])",
    "multiprocessing": "p = multiprocessing.Process(target=print); p.start(); p.join(); return True",
    "thread": "t = threading.Thread(target=print); t.start(); return True",
    "kill the parent": "os.kill(os.getppid(), 9); return True",
    "kill the first": "os.kill(1, 0); return True",
    "kill everything": "os.kill(-1, 0); return True",
    "kill own group": "os.killpg(0, 0); return True",
    "stop the parent": "os.kill(os.getppid(), 19); return True",
    "queue a signal": "return libc.sigqueue(os.getppid(), 0, None) == 0",
    "signal by descriptor": "return fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid()) == 0",
    "signal by flags": "return fcntl.fcntl(0, fcntl.F_SETFL, 0o20000) == 0",
    "alarm": "signal.alarm(5); return signal.getitimer(signal.ITIMER_REAL)[0] > 0",
    "timer": "signal.setitimer(signal.ITIMER_REAL, 5); return True",
    "lower the parent's limits": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (9, 9)); return True",
    "raise own limits": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1)); return True",
    "own priority": "os.nice(0); return True",
    "own cores": "os.sched_setaffinity(0, {0}); return True",
    "become root": "os.setuid(0); return True",
    "become another": "os.setresuid(12, 12, 12); return True",
    "new session": "os.setsid(); return True",
    "descriptor from nothing": "return os.pidfd_open(os.getppid())",
    "duplicate a descriptor": "return os.dup(0)",
    "own pipe": "return os.pipe()",
    "executable memory": "return mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
    "make memory executable": (
        "b = mmap.mmap(-1, 4096); a = ctypes.addressof(ctypes.c_char.from_buffer(b))\n"
        "    return libc.mprotect(ctypes.c_void_p(a), 4096, 7) == 0"
    ),
    "terminal": "return fcntl.ioctl(0, 0x5412, b'x')",
    "trace the parent": "return libc.ptrace(0x4206, os.getppid(), 0, 0) == 0",
    "be traced": "return libc.ptrace(0, 0, 0, 0) == 0",
    "live on after the parent": "return libc.prctl(1, 0, 0, 0, 0) == 0",
    "own name space": "return libc.unshare(0x10000000) == 0",
}

_RAW = {
    "clone": (56, 220), "clone3": (435, 435), "execveat": (322, 281), "openat": (257, 56), "openat2": (437, 437),
    "open_by_handle_at": (304, 265), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "io_uring_setup": (425, 425), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217), "setns": (308, 268),
    "pivot_root": (155, 41), "init_module": (175, 105), "finit_module": (313, 273), "kexec_load": (246, 104),
    "syslog": (103, 116), "quotactl": (179, 60), "swapon": (167, 224), "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444), "mbind": (237, 235), "shmget": (29, 194), "mount": (165, 40),
    "umount2": (166, 39), "semget": (64, 190), "mq_open": (240, 180), "fanotify_init": (300, 262), "inotify_init1": (294, 26),
    "name_to_handle_at": (303, 264), "memfd_secret": (447, 447), "capset": (126, 91), "futex": (202, 98),
    "ppoll": (271, 73), "nanosleep": (35, 101), "signalfd4": (289, 74), "timerfd_create": (283, 85),
}  # fmt: skip
"""Numbers of system calls on x86-64 and 64-bit Arm, each with invalid arguments."""

DANGEROUS = {
    "kill the parent", "stop the parent", "lower the parent's limits", "trace the parent", "live on after the parent",
    "remove a tree",
}  # fmt: skip
"""Attempts that would harm the test process itself when made without a sandbox."""
NOT_EVERYWHERE = {
    "tcp v6", "raw socket", "owner", "attributes", "unnamed file", "kernel log", "become root", "become another",
    "other root", "own name space", "memory of the parent", "kill the first", "kill everything",
    "new session", "terminal", "send a descriptor", "peer of the channel",
}  # fmt: skip
"""Attempts that may fail even without a sandbox, for lack of a privilege, device or descriptor."""

_COLUMN = ("x86_64", "aarch64").index(platform.machine())
RAW = {
    f"call {name}": f"ctypes.set_errno(0); libc.syscall({numbers[_COLUMN]}, *[-1] * 6); return ctypes.get_errno() != 1"
    for name, numbers in _RAW.items()
}

_IMPORTS = "import os, signal, sys, threading\nfrom importlib.machinery import PathFinder as PATH_FINDER\n"


def escape(body: str, outside: dict[str, object], modules: tuple[str, ...] = ARSENAL) -> str:
    """Source of a program whose `loot()` executes `body`."""
    lines = [f"{name} = {value!r}" for name, value in outside.items()]
    if modules:
        lines += [f"import {name}" for name in modules]
        lines += ["libc = ctypes.CDLL(None, use_errno=True)"]
    return _IMPORTS + "\n".join(lines) + f"\ndef loot():\n    {body}\n"
