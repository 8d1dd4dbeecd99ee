namespace Bolt.Trust;

/// <summary>What is asked of an image before it starts.</summary>
public enum TrustMode
{
    /// <summary>Nothing.</summary>
    Accept,
    /// <summary>A signature; without one it starts, and that is said.</summary>
    Warn,
    /// <summary>A signature; without one it does not start.</summary>
    Require,
}
