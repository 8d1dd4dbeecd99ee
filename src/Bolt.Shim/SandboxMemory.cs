using System.Runtime.InteropServices;
using System.Text;

namespace Bolt.Shim;

/// <summary>Native copies made before a fork, for a child that may not allocate. Few and small; never freed.</summary>
internal static unsafe class SandboxMemory
{
    public static byte* Text(string text)
    {
        var size = Encoding.UTF8.GetByteCount(text);
        var copy = (byte*)NativeMemory.Alloc((nuint)size + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(copy, size));
        copy[size] = 0;
        return copy;
    }

    /// <summary>A vector with a null at its end, as execve(2) takes it.</summary>
    public static byte** Texts(IReadOnlyList<string> texts)
    {
        var copy = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Count; i++) copy[i] = Text(texts[i]);
        copy[texts.Count] = null;
        return copy;
    }
}
