using System.Runtime.CompilerServices;
using System.Text;
using Bolt.Kernel;
using Bolt.Launch;
using Microsoft.Win32.SafeHandles;

namespace Bolt.Capsules;

/// <summary>Reads what a shim logged: <c>log</c>, and <c>log.1</c> that came before it.</summary>
internal static class CapsuleLog
{
    /// <summary>A line's bytes, for output as it was.</summary>
    internal readonly record struct RawLine(bool IsError, bool Partial, byte[] Text);

    /// <summary>Lines in order; with <paramref name="follow"/> until the capsule ends.</summary>
    /// <param name="folder">The capsule's folder.</param>
    /// <param name="follow">Wait for more.</param>
    /// <param name="since">Only lines from this time on.</param>
    /// <param name="tail">Only so many of the lines that are already there.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async IAsyncEnumerable<CapsuleLogLine> ReadAsync(
        string folder, bool follow, DateTimeOffset? since, int? tail, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Before the files are read: a line that comes in between is then told of twice rather than never.
        using var control = follow ? CapsuleControl.TryConnect(folder) : null;
        var following = control is not null && await control.SendAsync(new MonitorMessage.Follow(), cancellationToken).ConfigureAwait(false);
        using var files = new LogFiles(folder);
        foreach (var line in Last(files.ReadNew(), since, tail))
            yield return line;
        while (following)
        {
            var message = await control!.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            following = message is MonitorMessage.LogGrew;
            foreach (var line in files.ReadNew())
                if (line.At >= (since ?? DateTimeOffset.MinValue))
                    yield return line;
        }
    }

    /// <summary>The old file and the first bytes of the newer one.</summary>
    internal static IEnumerable<RawLine> ReadRaw(string folder, long logBytes)
    {
        using var files = new LogFiles(folder);
        foreach (var line in files.ReadLines(logBytes))
            if (LogLine.TryReadPrefix(line, out _, out var isError, out var partial))
                yield return new RawLine(isError, partial, line[LogLine.PrefixLength..]);
    }

    /// <summary>Null when it is none of ours (torn by a full disk).</summary>
    internal static CapsuleLogLine? Parse(ReadOnlySpan<byte> line) =>
        LogLine.TryReadPrefix(line, out var at, out var isError, out var partial)
            ? new CapsuleLogLine(at, isError, Encoding.UTF8.GetString(line[LogLine.PrefixLength..].TrimEnd((byte)'\r')), partial)
            : null;

    private static IEnumerable<CapsuleLogLine> Last(IEnumerable<CapsuleLogLine> lines, DateTimeOffset? since, int? tail)
    {
        if (since is { } from)
            lines = lines.Where(line => line.At >= from);
        return tail is { } count ? lines.TakeLast(count) : lines;
    }

    /// <summary>The two files, followed over rotations: one that was renamed is read to its end before its successor.</summary>
    private sealed class LogFiles(string folder) : IDisposable
    {
        private readonly Queue<SafeFileHandle> _files = Open(folder);
        private long _offset;

        public IEnumerable<CapsuleLogLine> ReadNew()
        {
            foreach (var line in ReadLines(long.MaxValue))
                if (Parse(line) is { } parsed)
                    yield return parsed;
        }

        public IEnumerable<byte[]> ReadLines(long lastFileBytes)
        {
            while (_files.TryPeek(out var file))
            {
                foreach (var line in ReadFile(file, _files.Count > 1 ? long.MaxValue : lastFileBytes))
                    yield return line;
                if (_files.Count == 1 && !OpenSuccessor(file))
                    yield break;
                // Lines that came between that read and the rotation; now it is complete.
                foreach (var line in ReadFile(file, long.MaxValue))
                    yield return line;
                _files.Dequeue().Dispose();
                _offset = 0;
            }
            if (OpenAt(folder, LogLine.FileName) is { } first)
            {
                _files.Enqueue(first);
                foreach (var line in ReadLines(lastFileBytes))
                    yield return line;
            }
        }

        public void Dispose()
        {
            foreach (var file in _files)
                file.Dispose();
        }

        private IEnumerable<byte[]> ReadFile(SafeFileHandle file, long bytes)
        {
            // The longest line that a shim writes fits, so a block without a line end is a line still being written.
            var block = new byte[LogLine.PrefixLength + LogLine.MaxText + (32 << 10)];
            while (_offset < bytes)
            {
                var got = RandomAccess.Read(file, block.AsSpan(0, (int)Math.Min(block.Length, bytes - _offset)), _offset);
                var start = 0;
                for (int end; (end = Array.IndexOf(block, (byte)'\n', start, got - start)) >= 0; start = end + 1)
                    yield return block[start..end];
                _offset += start == 0 && got == block.Length ? got : start;
                if (start == 0 && got < block.Length)
                    yield break;
            }
        }

        // The name stands for another file: ours was rotated away after we had opened it, perhaps twice.
        private bool OpenSuccessor(SafeFileHandle file)
        {
            var ours = Sys.Identity(file);
            var now = Open(folder);
            var found = now.Any(other => Sys.Identity(other) == ours);
            while (now.TryDequeue(out var other))
            {
                if (!found)
                    _files.Enqueue(other);
                else
                {
                    found = Sys.Identity(other) != ours;
                    other.Dispose();
                }
            }
            return _files.Count > 1;
        }

        private static Queue<SafeFileHandle> Open(string folder)
        {
            var files = new Queue<SafeFileHandle>();
            // The newer one first: if it is rotated in between, it is met again as the old one.
            var current = OpenAt(folder, LogLine.FileName);
            var old = OpenAt(folder, LogLine.OldFileName);
            if (old is not null && current is not null && Sys.Identity(old) == Sys.Identity(current))
            {
                old.Dispose();
                old = null;
            }
            if (old is not null)
                files.Enqueue(old);
            if (current is not null)
                files.Enqueue(current);
            return files;
        }

        private static SafeFileHandle? OpenAt(string folder, string name)
        {
            if (!File.Exists(Path.Combine(folder, name)))
                return null;
            try
            {
                return File.OpenHandle(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
