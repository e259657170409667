"""Turns HTML into PDF, one document after another, for the worker that holds the other end of the pipe.

It is started as `python -I -B -c <this text> <seconds per document>`, because importing WeasyPrint costs
six times as much as rendering an invoice.

Frames, all numbers big-endian and of four bytes:
  out, once   b"H" zero length and the version of WeasyPrint
  in          sequence length and HTML in UTF-8
  out         b"P" sequence length and a PDF, or b"E" sequence length and the name of the exception
An answer carries the sequence of its question, so that nobody is ever given the document of another.

The HTML is the worker's own, but its words are not. So nothing outside the document can be reached: the
fetcher knows `data:` only, and should that ever fail, an audit hook refuses every connection and every
new process, and the kernel holds memory, processor time and file size. The end of the input ends the program.
"""

import gc
import logging
import os
import resource
import signal
import sys
import time

MEBIBYTE = 1024 * 1024
REFUSED_EVENTS = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
    "subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system",
    "pty.spawn",
)


def take_pipes():
    """The pipes under numbers of our own; whatever else is printed goes to the log."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return source, sink


def limit_resources():
    # No RLIMIT_NPROC: it counts the user's other processes too, and Pango aborts when it cannot start its thread.
    lower(resource.RLIMIT_AS, 1024 * MEBIBYTE)
    lower(resource.RLIMIT_FSIZE, 50 * MEBIBYTE)
    lower(resource.RLIMIT_NOFILE, 128)
    lower(resource.RLIMIT_CORE, 0)


def lower(what, value):
    _, ceiling = resource.getrlimit(what)
    if ceiling != resource.RLIM_INFINITY:
        value = min(value, ceiling)
    resource.setrlimit(what, (value, value))


def limit_one_document(seconds):
    """Should the worker die during a render, nobody else would end this process."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)
    _, ceiling = resource.getrlimit(resource.RLIMIT_CPU)
    # The limit counts from the start of the process, therefore it moves along.
    soft = int(time.process_time()) + seconds
    if ceiling != resource.RLIM_INFINITY:
        soft = min(soft, ceiling)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, ceiling))


def refuse_the_world(event, _arguments):
    if event in REFUSED_EVENTS:
        raise PermissionError(f"{event} is refused while rendering")


def log_errors():
    """A refused fetch is an error of WeasyPrint's logger; its warnings are about style sheets."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.ERROR)
    handler.setFormatter(logging.Formatter("%(message).300s"))
    logging.getLogger("weasyprint").addHandler(handler)


def write_frame(sink, kind, sequence, payload):
    sink.write(kind + sequence + len(payload).to_bytes(4, "big"))
    sink.write(payload)
    sink.flush()


def read_exactly(source, length):
    data = source.read(length)
    return data if len(data) == length else None


def main():
    seconds = int(sys.argv[1])
    source, sink = take_pipes()
    limit_resources()

    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    log_errors()
    fonts = FontConfiguration()

    def render(html):
        fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
        # The identifier is a hash of the content: the same HTML gives the same bytes.
        return weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(
            font_config=fonts, pdf_identifier=True, pdf_tags=True)

    # Pays for the font look-up and the lazy imports before the first invoice is waiting.
    render('<html lang="en"><p>₹')
    # What is loaded stays. The rest is collected between documents, while nobody waits.
    gc.disable()
    gc.freeze()
    sys.addaudithook(refuse_the_world)
    write_frame(sink, b"H", bytes(4), weasyprint.__version__.encode())

    while header := read_exactly(source, 8):
        sequence, length = header[:4], int.from_bytes(header[4:], "big")
        html = read_exactly(source, length)
        if html is None:
            break
        limit_one_document(seconds)
        try:
            kind, payload = b"P", render(html.decode())
        except Exception as error:
            kind, payload = b"E", type(error).__name__.encode()
        signal.alarm(0)
        write_frame(sink, kind, sequence, payload)
        gc.collect()


main()
