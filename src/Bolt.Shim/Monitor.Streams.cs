using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

internal sealed unsafe partial class Monitor
{
    private static readonly byte[] GrewPacket = MonitorCodec.Write(new MonitorMessage.LogGrew());

    private byte[] _input = [];
    private int _inputLeft;
    private int _inputFd = capsule.Terminal >= 0 ? capsule.Terminal : capsule.Input;
    private bool _inputEnds;

    private int InputFd => _inputFd;

    /// <summary>Reads one chunk; true when there may be more.</summary>
    private bool ReadOutput(ref int fd, bool isError)
    {
        const int chunk = 16 << 10;
        // One byte before the data is kept for the packet's kind.
        var got = Sys.Read(fd, _buffer + 1, chunk);
        if (got.Error() is Errno.EAGAIN or Errno.EINTR)
            return false;
        if (got <= 0)
        {
            // A terminal answers EIO once no process has it open.
            if (fd != capsule.Terminal)
                _ = Sys.Close(fd);
            fd = -1;
            return false;
        }
        if (log.Append(isError, new ReadOnlySpan<byte>(_buffer + 1, (int)got)))
            TellFollowers();
        _buffer[0] = isError ? MonitorCodec.ErrorOutputKind : MonitorCodec.OutputKind;
        foreach (var client in _clients)
            if (client is { Attached: true, Done: false })
                client.Send(new ReadOnlySpan<byte>(_buffer, (int)got + 1));
        return true;
    }

    private void TellFollowers()
    {
        foreach (var client in _clients)
            if (client is { Following: true, Done: false })
                client.Tick(GrewPacket);
    }

    private void TakeInput(ReadOnlyMemory<byte> bytes)
    {
        if (_inputFd < 0)
            return;
        _input = [.. _input.AsSpan(_input.Length - _inputLeft), .. bytes.Span];
        _inputLeft = _input.Length;
        WriteInput();
    }

    private void WriteInput()
    {
        while (_inputLeft > 0)
        {
            nint written;
            fixed (byte* start = _input)
                written = Sys.Write(_inputFd, start + _input.Length - _inputLeft, (nuint)_inputLeft);
            if (written.Error() == Errno.EAGAIN)
                return;
            // The capsule has closed its input: what is left has no reader.
            _inputLeft = written < 0 ? 0 : _inputLeft - (int)written;
        }
        _input = [];
        if (_inputEnds)
            CloseInput();
    }

    private void EndInput()
    {
        if (_inputFd < 0)
            return;
        if (_inputFd == capsule.Terminal)
        {
            // Control-D ends input on a terminal in its normal mode (termios(3), VEOF).
            TakeInput(new byte[] { 4 });
            return;
        }
        _inputEnds = true;
        if (_inputLeft == 0)
            CloseInput();
    }

    private void CloseInput()
    {
        _ = Sys.Close(_inputFd);
        _inputFd = -1;
    }
}
