namespace Bolt.Kernel;

/// <summary>While it lives, this thread and what it starts may use one processor alone (sched_setaffinity(2)); afterwards all as before.</summary>
internal sealed unsafe class ProcessorPin : IDisposable
{
    /// <summary>Bytes of a mask for 8192 processors, the most that a kernel is built for.</summary>
    private const int MaskBytes = 1024;

    private readonly byte[] before = new byte[MaskBytes];
    private readonly int length;

    public ProcessorPin()
    {
        fixed (byte* mask = before)
        {
            length = (int)Sys.Call(SystemCall.sched_getaffinity, 0, MaskBytes, (nint)mask);
        }
        var first = Array.FindIndex(before, b => b != 0);
        if (length <= 0 || first < 0)
        {
            return;
        }
        var one = new byte[MaskBytes];
        one[first] = (byte)(before[first] & -before[first]);
        Set(one);
    }

    public void Dispose()
    {
        if (length > 0)
        {
            Set(before);
        }
    }

    private void Set(byte[] bytes)
    {
        fixed (byte* mask = bytes)
        {
            Sys.Call(SystemCall.sched_setaffinity, 0, length, (nint)mask);
        }
    }
}
