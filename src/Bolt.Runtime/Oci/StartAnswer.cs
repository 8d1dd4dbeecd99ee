using System.Buffers.Binary;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>What a container says between its start and its execution.</summary>
internal static class StartAnswer
{
    // The shim's LaunchMessage: word, section, index, value, operation, 4 bytes each.
    private const int MessageBytes = 20, WordFailed = 0;

    /// <summary>Null when it was executed: the connection ends with that.</summary>
    public static Diagnostic? Listen(string id, PacketSocket socket, Action<Fd> listener)
    {
        var packet = new byte[MessageBytes];
        while (true)
        {
            var descriptors = new List<Fd>();
            _ = socket.WaitReadable(Timeout.InfiniteTimeSpan);
            if (socket.TryReceive(packet, descriptors, out var length) == Errno.EAGAIN)
                continue;
            if (length < MessageBytes)
                return null;
            foreach (var descriptor in descriptors)
                using (descriptor)
                    listener(descriptor);
            if (BinaryPrimitives.ReadInt32LittleEndian(packet) != WordFailed)
                continue;
            var errno = (Errno)BinaryPrimitives.ReadInt32LittleEndian(packet.AsSpan(12));
            var operation = (LaunchOperation)BinaryPrimitives.ReadInt32LittleEndian(packet.AsSpan(16));
            return OciErrors.StepFailed(id, operation.ToString(), "", errno);
        }
    }
}
