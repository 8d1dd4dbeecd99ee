namespace Bolt.Kernel;

/// <summary>A terminal's line settings, kept while it is in raw mode (termios(3)).</summary>
internal sealed unsafe class TerminalMode
{
    private const nuint GetSettings = 0x5401, SetSettingsAfterOutput = 0x5403;
    // The kernel's struct termios: c_iflag, c_oflag, c_cflag, c_lflag (32 bits each), c_line, c_cc[19].
    private const int Size = 36, Input = 0, Output = 1, Control = 2, Local = 3;
    private readonly int _fd;
    private readonly byte[] _before;

    private TerminalMode(int fd, byte[] before)
    {
        _fd = fd;
        _before = before;
    }

    /// <summary>Sets raw mode as cfmakeraw(3) does; null when the descriptor is no terminal.</summary>
    public static TerminalMode? SetRaw(int fd)
    {
        var before = new byte[Size];
        fixed (byte* bytes = before)
        {
            if (Sys.Ioctl(fd, GetSettings, bytes).Error() != Errno.None)
            {
                return null;
            }
        }
        var raw = (byte[])before.Clone();
        fixed (byte* bytes = raw)
        {
            var flags = (uint*)bytes;
            flags[Input] &= ~0x5EBu;    // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
            flags[Output] &= ~1u;       // OPOST
            flags[Local] &= ~0x804Bu;   // ECHO ECHONL ICANON ISIG IEXTEN
            flags[Control] = flags[Control] & ~0x130u | 0x30; // no parity, 8 bits
            Sys.Ioctl(fd, SetSettingsAfterOutput, bytes);
        }
        return new TerminalMode(fd, before);
    }

    /// <summary>Sets what was set before.</summary>
    public void Restore()
    {
        fixed (byte* bytes = _before)
        {
            Sys.Ioctl(_fd, SetSettingsAfterOutput, bytes);
        }
    }
}
