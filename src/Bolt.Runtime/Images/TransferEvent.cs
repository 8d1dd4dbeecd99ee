namespace Bolt.Images;

/// <summary>What happens while an image is pulled or pushed.</summary>
public abstract record TransferEvent
{
    private TransferEvent()
    {
    }

    /// <summary>The name stands for this image; its parts follow.</summary>
    /// <param name="Reference">The whole reference.</param>
    /// <param name="Digest">Digest of the manifest.</param>
    /// <param name="Layers">How many layers it has.</param>
    /// <param name="Size">Bytes of its layers as they travel.</param>
    public sealed record Resolved(string Reference, string Digest, int Layers, long Size) : TransferEvent;

    /// <summary>How far a layer is.</summary>
    /// <param name="Digest">Of the layer as it travels.</param>
    /// <param name="Done">Bytes that have travelled.</param>
    /// <param name="Total">Bytes that it has.</param>
    public sealed record LayerMoved(string Digest, long Done, long Total) : TransferEvent;

    /// <summary>A layer is in its place.</summary>
    /// <param name="Digest">Of the layer as it travels.</param>
    /// <param name="Moved">False: it was there already.</param>
    public sealed record LayerDone(string Digest, bool Moved) : TransferEvent;

    /// <summary>A passing trouble; it goes on after the wait.</summary>
    /// <param name="Host">The registry.</param>
    /// <param name="Reason">What went wrong.</param>
    /// <param name="Wait">Until the next try.</param>
    public sealed record Waiting(string Host, string Reason, TimeSpan Wait) : TransferEvent;
}
