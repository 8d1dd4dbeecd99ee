namespace Bolt.Builds;

/// <summary>The lock while images are prepared side by side: each reads its own pin and may set it.</summary>
internal sealed class LockSession
{
    private readonly BoltLock read;
    private BoltLock current;

    public LockSession(BoltLock read) => (this.read, current) = (read, read);

    /// <summary>The lock with all pins set so far.</summary>
    public BoltLock Current => Volatile.Read(ref current);

    /// <summary>A pin was set that the file does not have yet.</summary>
    public bool Changed => !ReferenceEquals(Current, read);

    public RecipePin? TryGet(string key) => Current.Pins.GetValueOrDefault(key);

    public void Set(string key, RecipePin pin)
    {
        while (true)
        {
            var before = Current;
            if (Interlocked.CompareExchange(ref current, before.With(key, pin), before) == before)
            {
                return;
            }
        }
    }
}
