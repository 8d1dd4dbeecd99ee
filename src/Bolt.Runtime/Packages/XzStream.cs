using Bolt.Kernel;

namespace Bolt.Packages;

/// <summary>Reads xz through the host's liblzma.</summary>
internal sealed class XzStream(Stream source, Xz decoder) : ReadStream
{
    private readonly byte[] buffer = new byte[64 << 10];
    private int start, length;
    private bool ended, drained;

    public override int Read(Span<byte> target)
    {
        while (!ended && !target.IsEmpty)
        {
            if (start == length && !drained)
            {
                (start, length) = (0, source.Read(buffer));
                drained = length == 0;
            }
            var step = decoder.Decode(buffer.AsSpan(start, length - start), target, out var consumed, out var produced);
            start += consumed;
            if (step == XzStep.Refused)
            {
                throw new InvalidDataException("the xz stream is damaged or cut off");
            }
            ended = step == XzStep.End;
            if (produced > 0)
            {
                return produced;
            }
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            decoder.Dispose();
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}
