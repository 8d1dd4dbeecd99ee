using Bolt.Capsules;

namespace Bolt.Builds;

/// <summary>How a command of a build ended.</summary>
/// <param name="Last">Its last lines, at most <see cref="KeptLines"/>.</param>
internal sealed record CommandEnd(CapsuleExit Exit, IReadOnlyCollection<string> Last)
{
    private const int KeptLines = 40;

    /// <summary>Reads what a capsule says until it ends; a cancelled one is stopped first.</summary>
    public static async Task<CommandEnd> FollowAsync(Capsule capsule, Action<CapsuleLogLine>? seen, CancellationToken cancellationToken)
    {
        var last = new Queue<string>();
        try
        {
            await foreach (var line in CapsuleLog.ReadAsync(capsule.Folder, true, null, null, cancellationToken).ConfigureAwait(false))
            {
                seen?.Invoke(line);
                last.Enqueue(line.Text);
                if (last.Count > KeptLines)
                {
                    last.Dequeue();
                }
            }
            return new CommandEnd(await capsule.WaitAsync(cancellationToken).ConfigureAwait(false), last);
        }
        catch (OperationCanceledException)
        {
            await capsule.StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }
}
