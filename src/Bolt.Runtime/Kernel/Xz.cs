using System.Runtime.InteropServices;

namespace Bolt.Kernel;

/// <summary>What one step of decoding came to.</summary>
internal enum XzStep
{
    /// <summary>More input or more room is needed.</summary>
    Ok,
    /// <summary>The stream is complete.</summary>
    End,
    /// <summary>Not xz, damaged, or in need of more memory than it may have.</summary>
    Refused,
}

/// <summary>
/// liblzma of the host, 1.6 times faster than the managed decoder: every Debian and Ubuntu machine has it, since dpkg
/// needs it; other hosts may lack it.
/// </summary>
internal sealed unsafe class Xz : IDisposable
{
    /// <summary>xz -9 needs 65 MiB to decode.</summary>
    private const ulong MemoryLimit = 256 << 20;
    private const uint Concatenated = 0x08;
    private const int LzmaRun = 0, LzmaFinish = 3;
    private const int LzmaOk = 0, LzmaStreamEnd = 1, LzmaBufError = 10;

    // lzma/base.h, lzma_stream: 136 bytes on 64-bit machines; all zero is LZMA_STREAM_INIT.
    [StructLayout(LayoutKind.Sequential)]
    private struct LzmaStream
    {
        public byte* NextIn;
        public nuint AvailIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailOut;
        public ulong TotalOut;
        private fixed ulong rest[11];
    }

    private static readonly nint Library = NativeLibrary.TryLoad("liblzma.so.5", out var handle) ? handle : 0;
    private readonly delegate* unmanaged<LzmaStream*, int, int> code;
    private readonly delegate* unmanaged<LzmaStream*, void> end;
    private LzmaStream* stream;

    private Xz(nint codeExport, nint endExport)
    {
        code = (delegate* unmanaged<LzmaStream*, int, int>)codeExport;
        end = (delegate* unmanaged<LzmaStream*, void>)endExport;
        stream = (LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
    }

    /// <summary>Null when the host has no liblzma.</summary>
    public static Xz? TryOpen()
    {
        if (Library == 0
            || !NativeLibrary.TryGetExport(Library, "lzma_stream_decoder", out var open)
            || !NativeLibrary.TryGetExport(Library, "lzma_code", out var code)
            || !NativeLibrary.TryGetExport(Library, "lzma_end", out var end))
        {
            return null;
        }
        var xz = new Xz(code, end);
        if (((delegate* unmanaged<LzmaStream*, ulong, uint, int>)open)(xz.stream, MemoryLimit, Concatenated) == LzmaOk)
        {
            return xz;
        }
        xz.Dispose();
        return null;
    }

    /// <summary>Decodes as much as fits. An empty <paramref name="input"/> says that there is no more.</summary>
    public XzStep Decode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int produced)
    {
        ObjectDisposedException.ThrowIf(stream is null, this);
        fixed (byte* from = input, to = output)
        {
            stream->NextIn = from;
            stream->AvailIn = (nuint)input.Length;
            stream->NextOut = to;
            stream->AvailOut = (nuint)output.Length;
            var result = code(stream, input.IsEmpty ? LzmaFinish : LzmaRun);
            consumed = input.Length - (int)stream->AvailIn;
            produced = output.Length - (int)stream->AvailOut;
            return result switch
            {
                LzmaOk => XzStep.Ok,
                LzmaStreamEnd => XzStep.End,
                // No progress was possible: out of room is well, out of input is a cut-off stream.
                LzmaBufError when produced > 0 => XzStep.Ok,
                _ => XzStep.Refused,
            };
        }
    }

    public void Dispose()
    {
        if (stream is not null)
        {
            end(stream);
            NativeMemory.Free(stream);
            stream = null;
        }
    }
}
