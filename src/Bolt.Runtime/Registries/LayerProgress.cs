using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>Tells of a layer at each percent and no more often: pieces come thousands of times a second.</summary>
internal sealed class LayerProgress(Digest digest, long size, IProgress<TransferEvent>? progress)
{
    private long told = -1;

    /// <param name="done">Bytes that have travelled so far.</param>
    public void Moved(long done)
    {
        var percent = size == 0 ? 100 : done * 100 / size;
        if (progress is not null && percent != told)
        {
            told = percent;
            progress.Report(new TransferEvent.LayerMoved(digest.ToString(), done, size));
        }
    }
}
