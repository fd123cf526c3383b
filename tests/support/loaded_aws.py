"""The AWS command line, loaded once: each call is a fork of this process, which runs the very `main` of `awscli`.

    loaded_aws.py serve SOCKET    loads it, and answers calls until its input ends
    loaded_aws.py SOCKET WORD...  a call, with this process's environment, folder and streams; ends as the call does

To load it takes most of a second of processor time, and a deploy makes dozens of calls.
"""

import marshal
import os
import socket
import sys

# What the scripts ask; another service is loaded by the call that asks it.
SERVICES = ("cloudformation", "dynamodb", "ec2", "lambda", "logs", "s3", "sqs", "sts")


def call(path, words):
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        socket.send_fds(server, [b"\0"], [0, 1, 2])
        server.sendall(marshal.dumps((words, dict(os.environ), os.getcwd())))
        server.shutdown(socket.SHUT_WR)
        code = server.recv(1)
    sys.exit(code[0] if code else "loaded_aws: the call did not end")


def answer(connection, main, own):
    """In a process of its own: takes the place of the caller, and runs the call."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    words, environment, folder = marshal.loads(b"".join(iter(lambda: connection.recv(65536), b"")))
    for at, stream in enumerate(streams):
        os.dup2(stream, at)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment | own)
    sys.argv = ["aws", *words]
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([code or 0]))


def load():
    before = dict(os.environ)
    import awscli.clidriver

    # It tells itself where its files are.
    own = {name: value for name, value in os.environ.items() if before.get(name) != value}
    session = awscli.clidriver.create_clidriver().session
    # The one thing that differs: what describes a service is read once.
    loader = type(session.get_component("data_loader").file_loader)
    read, files = loader.load_file, {}

    def once(self, path):
        if path not in files:
            files[path] = read(self, path)
        return files[path]

    loader.load_file = once
    for service in SERVICES:
        session.create_client(service, region_name="eu-west-1", aws_access_key_id="-", aws_secret_access_key="-")
    return awscli.clidriver.main, own


def serve(path):
    import gc
    import select
    import signal
    import traceback

    main, own = load()
    gc.freeze()
    # Nobody waits for a call that has ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        # It has its name once it can be called.
        listener.bind(path + ".new")
        listener.listen(64)
        os.rename(path + ".new", path)
        # Nothing ever comes from there but its end.
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                try:
                    answer(connection, main, own)
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(0)
            connection.close()


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    call(sys.argv[1], sys.argv[2:])
