namespace Bolt.Launch;

internal sealed partial record IdMap
{
    /// <summary>The one map that all stacks of the current user share.</summary>
    public static IdMap OfCurrentUser() => throw new NotImplementedException();
}
