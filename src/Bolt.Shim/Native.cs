using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bolt.Shim;

/// <summary>Text as the kernel takes it, without allocating.</summary>
internal static unsafe class Native
{
    /// <summary>A literal's bytes: they lie in the executable, end with NUL and never move.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Literal(ReadOnlySpan<byte> literal) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(literal));

    public static int Length(byte* text)
    {
        var length = 0;
        while (text[length] != 0)
            length++;
        return length;
    }

    /// <summary>Appends to a buffer that ends at <paramref name="end"/>; null when it does not fit.</summary>
    public static byte* Append(byte* at, byte* end, byte* text)
    {
        if (at == null)
            return null;
        for (; *text != 0; text++)
        {
            if (at + 1 >= end)
                return null;
            *at++ = *text;
        }

        *at = 0;
        return at;
    }

    public static byte* Append(byte* at, byte* end, ReadOnlySpan<byte> literal) => Append(at, end, Literal(literal));

    public static byte* AppendNumber(byte* at, byte* end, ulong value)
    {
        var digits = stackalloc byte[24];
        var start = digits + 23;
        *start = 0;
        do
        {
            *--start = (byte)('0' + value % 10);
            value /= 10;
        }
        while (value != 0);
        return Append(at, end, start);
    }

    public static bool StartsWith(byte* text, ReadOnlySpan<byte> prefix)
    {
        for (var i = 0; i < prefix.Length; i++)
        {
            if (text[i] != prefix[i])
                return false;
        }

        return true;
    }

    /// <summary>-1 when it is not a decimal number below 2^32 - 1 (which as an id means "leave it").</summary>
    public static long Number(byte* text, int length)
    {
        if (length is 0 or > 10)
            return -1;
        long value = 0;
        for (var i = 0; i < length; i++)
        {
            if (text[i] is < (byte)'0' or > (byte)'9')
                return -1;
            value = value * 10 + (text[i] - '0');
        }

        return value < uint.MaxValue ? value : -1;
    }

    public static bool Same(byte* a, int length, byte* b, int lengthB)
    {
        if (length != lengthB)
            return false;
        for (var i = 0; i < length; i++)
        {
            if (a[i] != b[i])
                return false;
        }

        return true;
    }
}
