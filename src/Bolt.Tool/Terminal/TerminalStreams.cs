using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.Tool.Terminal;

/// <summary>This process's own streams for a program inside; with a terminal, raw and with its size.</summary>
internal sealed class TerminalStreams : IDisposable
{
    private readonly RawTerminal? _raw;
    private readonly PosixSignalRegistration? _resized;
    private readonly Channel<WindowSize> _sizes = Channel.CreateBounded<WindowSize>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private TerminalStreams(Stream? input, bool terminal, RawTerminal? raw)
    {
        _raw = raw;
        if (terminal && !Console.IsOutputRedirected)
        {
            _sizes.Writer.TryWrite(Size());
            _resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _sizes.Writer.TryWrite(Size()));
        }
        Streams = new CallerStreams(
            input,
            Console.OpenStandardOutput(),
            Console.OpenStandardError(),
            terminal ? SizesAsync() : null);
    }

    public CallerStreams Streams { get; }

    public static TerminalStreams Open(Invocation invocation, bool interactive, bool terminal)
    {
        var input = interactive ? Console.OpenStandardInput() : null;
        if (!terminal || !interactive)
        {
            return new TerminalStreams(input, terminal, null);
        }
        if (RawTerminal.Enter() is not { } raw)
        {
            throw new BoltException(ToolErrors.NoTerminal());
        }
        invocation.Interruption.BeforeExit = raw.Dispose;
        return new TerminalStreams(input, terminal, raw);
    }

    public void Dispose()
    {
        _resized?.Dispose();
        _raw?.Dispose();
        _sizes.Writer.TryComplete();
    }

    private static WindowSize Size() => new(Console.WindowWidth, Console.WindowHeight);

    private async IAsyncEnumerable<WindowSize> SizesAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var size in _sizes.Reader.ReadAllAsync(cancellation))
        {
            yield return size;
        }
    }
}
