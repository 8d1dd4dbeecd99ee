namespace Bolt.Storage;

/// <summary>How far a long piece of work is: Done of Total bytes or items; Total 0 is unknown.</summary>
internal readonly record struct BuildProgress(string Text, long Done, long Total);
